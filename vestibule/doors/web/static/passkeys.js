// Passkeys (Web Authentication). A form with data-passkey is shown where the browser knows them: its button asks us
// for a challenge, the browser for an answer, and sends the form with it. Without this the other ways remain.
"use strict";

(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) {
    return;
  }

  const octets = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };

  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const described = (list) => (list ?? []).map((one) => ({ ...one, id: octets(one.id) }));

  const asked = (kind, options) =>
    kind === "create"
      ? {
          ...options,
          challenge: octets(options.challenge),
          user: { ...options.user, id: octets(options.user.id) },
          excludeCredentials: described(options.excludeCredentials),
        }
      : { ...options, challenge: octets(options.challenge), allowCredentials: described(options.allowCredentials) };

  const answered = (credential) => {
    const response = credential.response;
    const told = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      told.attestationObject = text(response.attestationObject);
      told.transports = response.getTransports?.() ?? [];
    } else {
      told.authenticatorData = text(response.authenticatorData);
      told.signature = text(response.signature);
      told.userHandle = response.userHandle ? text(response.userHandle) : null;
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: told };
  };

  const options = async (form) => {
    const answer = await fetch(form.dataset.options, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
      redirect: "error",
    });
    if (!answer.ok) {
      throw new Error("no challenge");
    }
    return answer.json();
  };

  const prepare = (form) => {
    const kind = form.dataset.passkey;
    const failed = form.querySelector("[data-failed]");
    let busy = false;
    form.hidden = false;
    document.getElementById("no-passkey")?.remove();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) {
        return;
      }
      busy = true;
      failed.textContent = "";
      try {
        const publicKey = asked(kind, await options(form));
        const credential = await navigator.credentials[kind]({ publicKey });
        form.elements.namedItem("credential").value = JSON.stringify(answered(credential));
        form.submit();
      } catch {
        failed.textContent = failed.dataset.failed;
        busy = false;
      }
    });
  };

  document.querySelectorAll("form[data-passkey]").forEach(prepare);
})();
