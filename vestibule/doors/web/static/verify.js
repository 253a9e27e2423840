// Checks a signed receipt or certificate here in the browser (JWS, RFC 7515; RFC 6962; C2SP signed-note) with the keys
// that stand in the page or in a file. Nothing is sent anywhere: the page's policy lets it connect to nobody.
"use strict";

(() => {
  const page = document.getElementById("verify");
  const form = page?.querySelector("form");
  if (!form || !window.crypto?.subtle) {
    return;
  }
  const said = document.getElementById("sentences").content;
  const result = document.getElementById("verify-result");
  const RECEIPT = "vestibule-leave-receipt+jwt";
  const CERTIFICATE = "vestibule-erasure-certificate+jwt";
  const REFUSED = ["jwk", "jku", "x5u", "crit", "b64", "zip", "enc"];
  const LARGEST = 512 * 1024;
  const utf8 = new TextEncoder();

  class Wrong extends Error {}

  const insist = (holds, why) => {
    if (!holds) {
      throw new Wrong(why);
    }
  };

  // --- Octets ---------------------------------------------------------------------------------------------------

  const base64 = (octets) => btoa(String.fromCharCode(...octets));

  const fromBase64 = (text, why) => {
    insist(typeof text === "string", why);
    let octets;
    try {
      octets = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    } catch {
      throw new Wrong(why);
    }
    insist(base64(octets) === text, why);
    return octets;
  };

  const fromUrl = (text) => {
    insist(/^[A-Za-z0-9_-]*$/.test(text), "form");
    const plain = text.replace(/-/g, "+").replace(/_/g, "/");
    return fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4), "form");
  };

  const joined = (...parts) => {
    const all = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of parts) {
      all.set(one, at);
      at += one.length;
    }
    return all;
  };

  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

  const same = (one, other) => one.length === other.length && one.every((octet, at) => octet === other[at]);

  const object = (octets, why) => {
    let value;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
    } catch {
      throw new Wrong(why);
    }
    insist(value !== null && typeof value === "object" && !Array.isArray(value), why);
    return value;
  };

  // --- The signature --------------------------------------------------------------------------------------------

  const signedBy = async (text, keys) => {
    insist(text.length <= LARGEST, "size");
    const parts = text.split(".");
    insist(parts.length === 3, "form");
    const header = object(fromUrl(parts[0]), "form");
    insist(!REFUSED.some((name) => name in header), "header");
    insist(header.alg === "ES256", "algorithm");
    insist(header.typ === RECEIPT || header.typ === CERTIFICATE, "type");
    const jwk = keys.find((one) => one.kid === header.kid && one.kty === "EC" && one.crv === "P-256");
    insist(jwk !== undefined, "key");
    const bare = { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y };
    const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("jwk", bare, how, false, ["verify"]);
    const fits = await crypto.subtle.verify(how, key, fromUrl(parts[2]), utf8.encode(`${parts[0]}.${parts[1]}`));
    insist(fits, "signature");
    return { typ: header.typ, kid: header.kid, claims: object(fromUrl(parts[1]), "form") };
  };

  // --- The audit log --------------------------------------------------------------------------------------------

  const rootFrom = async (leaf, index, size, proof) => {
    // RFC 9162, section 2.1.3.2
    let at = index;
    let last = size - 1;
    let found = leaf;
    for (const one of proof) {
      insist(last > 0, "inclusion");
      if (at % 2 === 1 || at === last) {
        found = await sha256([1], one, found);
        while (at % 2 === 0 && at > 0) {
          at = Math.floor(at / 2);
          last = Math.floor(last / 2);
        }
      } else {
        found = await sha256([1], found, one);
      }
      at = Math.floor(at / 2);
      last = Math.floor(last / 2);
    }
    insist(last === 0, "inclusion");
    return found;
  };

  const idOf = async (key) => (await sha256(utf8.encode(`${key.name}\n`), [1], key.octets)).slice(0, 4);

  const checkedNote = async (note, keys, tenant) => {
    // Returns origin, size and root of the checkpoint, and whether this browser could check its signature.
    const end = note.lastIndexOf("\n\n");
    insist(end > 0 && note.endsWith("\n"), "checkpoint");
    const text = note.slice(0, end + 1);
    const [origin, size, root] = text.split("\n");
    for (const key of keys) {
      const id = await idOf(key);
      for (const line of note.slice(end + 2, -1).split("\n")) {
        const [, name, signature] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
        const octets = name === key.name ? fromBase64(signature, "checkpoint") : [];
        if (origin === `${key.name}/${tenant}` && octets.length === 68 && same(octets.slice(0, 4), id)) {
          const told = { origin, size: Number(size), root: fromBase64(root, "checkpoint"), checked: true };
          let imported;
          try {
            imported = await crypto.subtle.importKey("raw", key.octets, { name: "Ed25519" }, false, ["verify"]);
          } catch {
            return { ...told, checked: false };
          }
          const fits = await crypto.subtle.verify({ name: "Ed25519" }, imported, octets.slice(4), utf8.encode(text));
          insist(fits, "checkpoint");
          return told;
        }
      }
    }
    throw new Wrong("checkpoint");
  };

  const logKeys = (keys) =>
    keys
      .filter((one) => one.kty === "OKP" && one.crv === "Ed25519" && typeof one.name === "string")
      .map((one) => ({ name: one.name, octets: fromUrl(one.x) }));

  const checkedLog = async (claims, keys) => {
    const log = claims.log;
    const readable = log && typeof log.record === "string" && typeof log.checkpoint === "string";
    insist(readable && Array.isArray(log.inclusionProof) && Number.isInteger(log.index), "log");
    const told = await checkedNote(log.checkpoint, logKeys(keys), claims.organization.id);
    insist(told.origin === log.origin && told.size === log.treeSize, "checkpoint");
    insist(log.index >= 0 && log.index < told.size, "inclusion");
    const leaf = await sha256([0], utf8.encode(log.record));
    insist(same(leaf, fromBase64(log.leafHash, "log")), "record");
    const proof = log.inclusionProof.map((one) => fromBase64(one, "log"));
    insist(same(await rootFrom(leaf, log.index, told.size, proof), told.root), "inclusion");
    const record = object(utf8.encode(log.record), "record");
    const fits = record.type === "membership.erase" && record.outcome === "success" && record.event_id === claims.jti;
    const here = record.tenant === claims.organization.id;
    insist(fits && here && Date.parse(record.time) === Date.parse(claims.dataRemovedAt), "record");
    return told.checked;
  };

  const believable = (claims, certificate) => {
    const texts = ["iss", "kind", "dataRemovedBy", ...(certificate ? ["dataRemovedAt"] : ["reference", "leftAt"])];
    const fits = texts.every((name) => typeof claims[name] === "string");
    insist(fits && claims.organization && typeof claims.organization.displayName === "string", "shape");
  };

  // --- What is said ---------------------------------------------------------------------------------------------

  const sentence = (name, values = {}) => {
    const text = said.querySelector(`[data-said="${name}"]`).textContent;
    return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  };

  // A state that a later version knows is shown as the file says it.
  const answerOf = (state) =>
    said.querySelector(`[data-said="state-${CSS.escape(state)}"]`)?.textContent ?? state;

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    return made;
  };

  const list = (lines, attributes) => {
    const made = element("ul", "", attributes);
    made.append(...lines.map((line) => element("li", line)));
    return made;
  };

  const moment = (text) => {
    const how = { dateStyle: "long", timeStyle: "medium", timeZone: "UTC" };
    const language = document.documentElement.lang;
    const shown = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, how).format(new Date(text));
    return element("time", `${shown} UTC`, { datetime: text });
  };

  const table = (claims) => {
    const made = element("table", "", { class: "pairs", role: "table" });
    const body = made.appendChild(element("tbody", "", { role: "rowgroup" }));
    const row = (name, ...shown) => {
      const line = body.appendChild(element("tr", "", { role: "row" }));
      line.append(element("th", sentence(name), { scope: "row", role: "rowheader" }));
      line.appendChild(element("td", "", { role: "cell" })).append(...shown);
    };
    if (claims.reference) {
      row("row-reference", element("code", claims.reference, { dir: "ltr" }));
    }
    row("row-organization", `${claims.organization.displayName} (${claims.organization.domain})`);
    row("row-issuer", claims.iss);
    const times = ["leftAt", "restorableUntil", "permanentlyDeletedAt", "dataRemovedBy", "dataRemovedAt"];
    for (const name of times.filter((one) => typeof claims[one] === "string")) {
      row(`row-${name}`, moment(claims[name]));
    }
    return made;
  };

  const details = (claims) => {
    const shown = [];
    const add = (name, lines, attributes) => {
      const below = lines.length ? list(lines, attributes) : element("p", sentence("nobody"));
      shown.push(element("h3", sentence(name)), below);
    };
    const english = { lang: "en" }; // the signed words themselves
    const counted = (one) => (one.count === null ? one.what : `${one.what}: ${one.count}`);
    add("head-removed", claims.removed.filter((one) => one.count !== 0).map(counted), english);
    add("head-recipients", claims.recipients.map((one) => `${one.displayName}: ${answerOf(one.state)}`));
    add("head-kept", claims.kept.map((one) => `${one.what} (${one.ground}; ${one.until})`), english);
    return shown;
  };

  const show = (...shown) => {
    result.replaceChildren(...shown);
    result.hidden = false;
    result.focus();
  };

  const good = ({ typ, kid, claims }, certificate, sealed, own) => {
    const checks = [
      sentence(certificate ? "is-certificate" : "is-receipt"),
      sentence(own ? "signed-other" : "signed-here", { kid }),
    ];
    if (certificate) {
      const where = { index: claims.log.index + 1, size: claims.log.treeSize };
      checks.push(sentence("in-log", where), sentence(sealed ? "checkpoint-good" : "checkpoint-unchecked"));
    }
    if (claims.emulator === true) {
      checks.push(sentence("emulator"));
    }
    const title = element("h2", sentence("good"));
    const what = element("h3", sentence("says"));
    const more = certificate ? details(claims) : [];
    show(title, element("h3", sentence("checked")), list(checks), what, table(claims), ...more);
    result.dataset.verified = typ;
  };

  const bad = (why) => {
    show(element("h2", sentence("bad")), element("p", sentence(`why-${why}`)));
    result.dataset.verified = "";
  };

  // --- The form -------------------------------------------------------------------------------------------------

  const keysFrom = async (file) => {
    if (!file) {
      return JSON.parse(page.dataset.keys).keys;
    }
    const found = object(new Uint8Array(await file.arrayBuffer()), "keys");
    const keys = Array.isArray(found.keys) ? found.keys : [found];
    insist(keys.some((one) => one?.kty === "EC"), "keys");
    return keys.filter((one) => one !== null && typeof one === "object");
  };

  const check = async () => {
    const file = form.elements.file.files[0];
    const text = (file ? await file.text() : form.elements.text.value).trim();
    insist(text !== "", "nothing");
    const own = form.elements.keys.files[0];
    const keys = await keysFrom(own);
    const found = await signedBy(text, keys);
    const certificate = found.typ === CERTIFICATE;
    believable(found.claims, certificate);
    good(found, certificate, certificate && (await checkedLog(found.claims, keys)), Boolean(own));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check().catch((wrong) => bad(wrong instanceof Wrong ? wrong.message : "shape"));
  });
  page.hidden = false;
  document.getElementById("verify-without").hidden = true;
})();
