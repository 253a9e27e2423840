// Two minutes before a session ends, asks over the page whether to stay. When that is, only the server knows: another
// tab may be in use. What stands on the page is left alone; without this script nothing changes.
"use strict";

(() => {
  const address = "/signin/stay";
  const second = 1000;
  const script = document.currentScript;
  let due = 0;
  let asking = false;
  let shown = null;

  const askAfter = (seconds) => {
    script.dataset.after = String(seconds);
    due = Date.now() + seconds * second;
  };

  const close = () => {
    // Closed by us or with Escape: the browser gives the focus back to where it was.
    shown?.close();
    shown = null;
  };

  const show = (found) => {
    close();
    const dialog = document.importNode(found, true);
    dialog.addEventListener("close", () => {
      dialog.remove();
      shown = shown === dialog ? null : shown;
    });
    dialog.querySelector("[data-close]")?.addEventListener("click", close);
    dialog.querySelector("form").addEventListener("submit", (event) => {
      if (!event.submitter?.hasAttribute("formaction")) {
        event.preventDefault();
        ask("POST", new URLSearchParams(new FormData(event.target)));
      }
    });
    document.body.append(dialog);
    dialog.showModal();
    shown = dialog;
  };

  const take = (found, staying) => {
    const failed = shown?.querySelector("[data-failed]");
    const warnIn = Number(found?.dataset.warnIn);
    const wasPutOff = !staying || warnIn > 0 || !found?.querySelector("[formaction]");
    if (!found || !wasPutOff) {
      askAfter(10);
      if (staying && failed) {
        failed.textContent = failed.dataset.failed;
      }
    } else if (warnIn > 0) {
      askAfter(warnIn);
      close();
    } else {
      // At its end it is asked once more, and says that it is over; after that there is nothing to ask.
      const endsIn = found.dataset.endsIn;
      askAfter(endsIn === undefined ? Infinity : Number(endsIn) + 1);
      show(found);
    }
  };

  const ask = (method, body) => {
    if (asking) {
      return;
    }
    asking = true;
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.timeout = 10 * second;
    request.onloadend = () => {
      asking = false;
      take(request.response?.querySelector("dialog[data-warn-in]"), method === "POST");
    };
    request.open(method, `${address}?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
    request.setRequestHeader("Vestibule-Fragment", "dialog");
    request.send(body);
  };

  askAfter(Number(script.dataset.after));
  // Not one long timer: those stand still while a computer sleeps.
  window.setInterval(() => {
    if (Date.now() >= due) {
      ask("GET");
    }
  }, second);
})();
