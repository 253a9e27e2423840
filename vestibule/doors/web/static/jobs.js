// The page of a job that is under way asks how far it is. Without it, its link Refresh does.
"use strict";

(() => {
  const EVERY_MS = 2000;
  const look = () => {
    const job = document.querySelector("#job[data-running]");
    if (!job) {
      return;
    }
    const request = new XMLHttpRequest();
    // A document, not text: the browser parses it without running anything in it.
    request.responseType = "document";
    request.timeout = 10000;
    request.onloadend = () => {
      const found = request.status === 200 && request.response?.querySelector("#job");
      if (found && !job.contains(document.activeElement)) {
        job.replaceWith(document.importNode(found, true));
      } else if (found && !found.hasAttribute("data-running")) {
        window.location.reload();
        return;
      }
      window.setTimeout(look, EVERY_MS);
    };
    request.open("GET", window.location.href);
    request.send();
  };
  window.setTimeout(look, EVERY_MS);
})();
