// Makes pages nicer; none of them needs it. A confirm page opens as a dialog, a pressed button says that it works,
// a reference can be copied, a password shown. Nothing here writes HTML from text.
"use strict";

(() => {
  const leaveDialog = (opener) => {
    const request = new XMLHttpRequest();
    const instead = () => window.location.assign(opener.href);
    // A document, not text: the browser parses it without running anything in it.
    request.responseType = "document";
    request.timeout = 5000;
    request.onerror = request.ontimeout = instead;
    request.onload = () => {
      const found = request.status === 200 && request.response?.querySelector("dialog#leave-dialog");
      if (!found) {
        instead();
        return;
      }
      document.getElementById("leave-dialog")?.remove();
      const dialog = document.importNode(found, true);
      document.body.append(dialog);
      prepare(dialog);
      dialog.addEventListener("click", (event) => {
        if (event.target.closest("[data-close]")) {
          event.preventDefault();
          dialog.close();
        }
      });
      dialog.addEventListener("close", () => {
        dialog.remove();
        opener.focus();
      });
      dialog.showModal();
      dialog.querySelector("[autofocus]")?.focus();
    };
    request.open("GET", opener.href);
    request.setRequestHeader("Vestibule-Fragment", "dialog");
    request.send();
  };

  // A form that does something only once: the button says so and a second press is ignored.
  const once = (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const button = event.submitter;
      if (button) {
        button.setAttribute("aria-disabled", "true");
        if (button.dataset.busy) {
          button.dataset.idle = button.textContent;
          button.textContent = button.dataset.busy;
        }
      }
    });
  };

  const copy = (button) => {
    if (!navigator.clipboard) {
      return;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      const said = document.createElement("span");
      said.setAttribute("role", "status");
      button.after(said);
      said.textContent = button.dataset.done;
      window.setTimeout(() => said.remove(), 4000);
    });
  };

  const reveal = (button) => {
    const field = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      field.focus();
    });
    field.form.addEventListener("submit", () => {
      field.type = "password";
    });
  };

  const prepare = (root) => {
    root.querySelectorAll("form[data-once]").forEach(once);
    root.querySelectorAll("button[data-copy]").forEach(copy);
    root.querySelectorAll("button[data-reveal]").forEach(reveal);
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("a[data-dialog]");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (opener && plain && typeof HTMLDialogElement === "function") {
      event.preventDefault();
      leaveDialog(opener);
    }
  });

  // Back from the next page, a form is as it was before it was sent.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) {
      return;
    }
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => {
        button.removeAttribute("aria-disabled");
        if (button.dataset.idle) {
          button.textContent = button.dataset.idle;
        }
      });
    });
  });

  prepare(document);
  document.querySelector("form[data-submit]")?.requestSubmit();
})();
