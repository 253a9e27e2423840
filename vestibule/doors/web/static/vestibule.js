// Makes pages nicer; none of them needs it. A confirm page opens as a dialog, a pressed button says that it works,
// a reference can be copied, a password shown, rows stay selected from page to page. Nothing here writes HTML from text.
"use strict";

(() => {
  const openDialog = (opener, address) => {
    const request = new XMLHttpRequest();
    const instead = () => window.location.assign(address);
    // A document, not text: the browser parses it without running anything in it.
    request.responseType = "document";
    request.timeout = 5000;
    request.onerror = request.ontimeout = instead;
    request.onload = () => {
      const found = request.status === 200 && request.response?.querySelector("dialog[id]");
      if (!found) {
        instead();
        return;
      }
      document.getElementById(found.id)?.remove();
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
    request.open("GET", address);
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

  // Which rows are selected: said aloud, and kept while one pages through the same filter.
  const selection = (form) => {
    const key = `selected:${form.dataset.selection}`;
    // By attribute: "form.id" is the field that is called "id".
    const boxes = [...document.querySelectorAll(`input[name="id"][form="${form.getAttribute("id")}"]`)];
    const all = document.querySelector("[data-select-all]");
    const said = document.getElementById("selected");
    const kept = new Set(JSON.parse(window.sessionStorage.getItem(key) || "[]"));
    const show = () => {
      form.querySelectorAll("input[data-elsewhere]").forEach((field) => field.remove());
      const here = new Set(boxes.map((box) => box.value));
      [...kept].filter((id) => !here.has(id)).forEach((id) => {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name: "id", value: id });
        field.dataset.elsewhere = "";
        form.append(field);
      });
      if (all) {
        all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
        all.indeterminate = !all.checked && boxes.some((box) => box.checked);
      }
      const none = form.dataset.noneSelected;
      said.textContent = kept.size ? form.dataset.someSelected.replace("{n}", kept.size.toLocaleString(document.documentElement.lang)) : none;
      window.sessionStorage.setItem(key, JSON.stringify([...kept]));
    };
    const note = (box) => (box.checked ? kept.add(box.value) : kept.delete(box.value));
    boxes.forEach((box) => {
      box.checked ||= kept.has(box.value);
      note(box);
      box.addEventListener("change", () => {
        note(box);
        show();
      });
    });
    all?.addEventListener("change", () => {
      boxes.forEach((box) => {
        box.checked = all.checked;
        note(box);
      });
      show();
    });
    // What was acted on is selected no more.
    if (form.dataset.done !== undefined) {
      boxes.forEach((box) => { box.checked = false; });
      kept.clear();
    }
    show();
  };

  const prepare = (root) => {
    root.querySelectorAll("form[data-once]").forEach(once);
    root.querySelectorAll("button[data-copy]").forEach(copy);
    root.querySelectorAll("button[data-reveal]").forEach(reveal);
    root.querySelectorAll("form[data-selection]").forEach(selection);
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("a[data-dialog]");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (opener && plain && typeof HTMLDialogElement === "function") {
      event.preventDefault();
      openDialog(opener, opener.href);
    }
  });

  // The buttons above a table ask with GET: the page they lead to opens as a dialog.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (typeof HTMLDialogElement !== "function") {
      return;
    }
    if (form.dataset.ask && form.querySelector(form.dataset.askWhen)) {
      event.preventDefault();
      openDialog(button || form, form.dataset.ask);
      return;
    }
    if (!form.matches("form[data-dialog]") || button?.formMethod === "post") {
      return;
    }
    event.preventDefault();
    const address = new URL(button?.formAction || form.action, window.location.href);
    const filled = [...new FormData(form).entries()].filter(([, value]) => value !== "");
    address.search = new URLSearchParams(filled).toString();
    openDialog(button || form, address.href);
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

  // Single keys, on pages that say so. None acts in a field, over a dialog, or together with another key, and none
  // changes anything.
  const shortcuts = (list) => {
    let goes = false;
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing) {
        return;
      }
      if (document.querySelector("dialog[open]")) {
        return;
      }
      const to = goes && document.querySelector(`a[data-go="${window.CSS.escape(event.key)}"]`);
      goes = event.key === "g";
      if (goes) {
        window.setTimeout(() => { goes = false; }, 2000);
      } else if (to) {
        window.location.assign(to.href);
      } else if (event.key === "?") {
        list.showModal();
        list.querySelector("[autofocus]").focus();
      } else if (event.key === "/") {
        const search = document.querySelector('[data-key="/"]');
        if (search) {
          event.preventDefault();
          search.focus();
        }
      } else if (event.key === "x") {
        event.target.closest?.("tr")?.querySelector('.picks input[type="checkbox"]')?.click();
      }
    });
  };
  const list = document.getElementById("shortcuts");
  if (list) {
    shortcuts(list);
  }

  prepare(document);
  document.querySelector("form[data-submit]")?.requestSubmit();
})();
