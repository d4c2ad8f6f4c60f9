// helder.js: tells Helder what happens on a site. Licence: Apache-2.0. See docs/how-to/put-helder-js-on-a-site.md.
((window, document, history, location) => {
  "use strict";
  const options = document.currentScript.dataset;
  const base = options.host || new URL(document.currentScript.src).origin;
  const MINUTE = 6e4, DAY = 864e5, MOST = 200;

  // ---- what is kept: in this browser under helder.*, else in memory

  let disk = {};
  try { disk = localStorage; } catch { /* blocked */ }
  const read = (name) => JSON.parse(disk["helder." + name] || null);
  const write = (name, value) => {
    const text = JSON.stringify(value);
    try { disk["helder." + name] = text; } catch { (disk = { ...disk })["helder." + name] = text; } // it is full
  };
  const erase = (name) => delete disk["helder." + name];
  const names = (prefix) =>
    Object.keys(disk).filter((name) => name.startsWith("helder." + prefix)).map((name) => name.slice(7)).sort();
  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, 0)).join("");

  // ---- consent: until it is given, calls wait in memory

  let choice = read("choice") || { analytics: options.consent === "given" }; // category → agreed
  let agreed = choice.analytics;
  let state = (agreed && read("state")) || {}; // id, user, sites, word, asked (when), fresh (to be said)
  let fresh = random(), waiting = [];

  const consent = (given) => {
    choice = { ...choice, ...(typeof given === "object" ? given : { analytics: !!given }) };
    const known = agreed || names("").length;
    agreed = choice.analytics;
    if (agreed) {
      state = { ...read("state"), ...state };
      write("choice", choice);
      write("state", state);
      waiting.splice(0).forEach(keep);
    } else {
      names("").forEach(erase);
      [state, waiting, fresh] = [{}, [], random()];
      if (known) ask({ forget: true });
    }
  };

  // Google Consent Mode: a default only holds things up, an update is a choice.
  const google = (entry) => {
    const said = entry && entry[0] === "consent" && entry[2] && entry[2].analytics_storage;
    if (said === "granted" || (said && entry[1] === "update")) consent(said === "granted");
    else if (said) agreed = false;
  };
  const layer = (window.dataLayer = window.dataLayer || []), push = layer.push;
  layer.push = (...entries) => { entries.forEach(google); return push.apply(layer, entries); };

  // IAB TCF 2: purposes 1 (storing) and 8 (measuring), unless the page names others.
  let listens;
  const tcf = () => {
    if (listens || !window.__tcfapi) return;
    listens = true;
    window.__tcfapi("addEventListener", 2, (data, good) => {
      if (!good || data.eventStatus === "cmpuishown") return;
      const given = (data.purpose || {}).consents || {};
      consent(data.gdprApplies === false || (options.purposes || "1,8").split(",").every((n) => given[n]));
    });
  };

  // ---- the collector: who this browser is (its cookie outlives what scripts may store), and sending

  const post = (path, body, more) => {
    body = JSON.stringify({ writeKey: options.key, ...body });
    return fetch(base + path, { method: "POST", body, keepalive: body.length < MINUTE, ...more });
  };

  const ask = async (more) => {
    const id = state.id || fresh;
    let found = {};
    try {
      const answer = await post("/v1/visit", { anonymousId: id, fresh: state.fresh, ...more }, { credentials: "include", signal: AbortSignal.timeout(5e3) });
      if (answer.ok) found = await answer.json();
    } catch { /* then it is who it says it is */ }
    if (!agreed || id !== (state.id || fresh)) return; // changed its mind, or its user
    const told = found.anonymousId;
    state = { ...state, id: told || id, fresh: state.fresh && !told, sites: found.sites, word: found.word, asked: Date.now() };
    write("state", state);
  };

  const keep = (message) => {
    message.context.consent = { categoryPreferences: choice };
    const kept = names("m.");
    if (kept.length >= MOST) erase(kept[0]);
    write("m." + message.messageId, { anonymousId: state.id, userId: state.user, ...message });
    later(250);
  };

  let timer, tries = 0;
  const flying = new Set();
  const later = (wait) => { clearTimeout(timer); timer = setTimeout(flush, wait); };

  // What one request takes that outlives its page (64 KB). After a week Helder would not know a repetition.
  const parcel = () => {
    const found = [];
    let room = 5e4;
    for (const name of names("m.")) {
      if (flying.has(name)) continue;
      if (Date.now() - parseInt(name.slice(2, 11), 36) > 6 * DAY) { erase(name); continue; }
      const message = { anonymousId: state.id || fresh, ...read(name) };
      room -= new Blob([JSON.stringify(message)]).size;
      if (found.length && room < 0) break;
      found.push([name, message]);
    }
    return found;
  };
  const batch = (found) => ({ sentAt: new Date(), batch: found.map(([, message]) => message) });

  const flush = async () => {
    if (!agreed || flying.size) return;
    const wait = read("wait") - Date.now();
    if (wait > 0) return later(wait);
    if (!state.id || Date.now() - state.asked > DAY) await ask();
    const found = agreed ? parcel() : [];
    if (!found.length) return;
    found.forEach(([name]) => flying.add(name));
    let answer = { headers: new Headers() };
    try { answer = await post("/v1/batch", batch(found)); } catch { /* offline */ }
    flying.clear();
    if (answer.ok || answer.status === 400) { // what cannot be read now will not be read next time
      found.forEach(([name]) => erase(name));
      tries = 0;
      return later(0);
    }
    const said = answer.headers.get("Retry-After");
    const pause = said * 1e3 || Date.parse(said) - Date.now() || Math.min(1e3 * 2 ** tries++, 5 * MINUTE);
    if (said && agreed) write("wait", Date.now() + pause); // other pages wait too
    later(pause);
  };

  // The page goes: there will be no answer, so all stays kept and is sent again; the messageId makes that harmless.
  const leave = () => {
    const found = agreed && !(read("wait") > Date.now()) ? parcel() : [];
    if (found.length) navigator.sendBeacon(base + "/v1/batch", JSON.stringify({ writeKey: options.key, ...batch(found) }));
  };

  // ---- calls

  let landing = location.href, here = landing, referrer = document.referrer;
  const call = (type, fields) => {
    const campaign = {};
    new URLSearchParams(location.search).forEach((value, name) => {
      if (name.startsWith("utm_")) campaign[name === "utm_campaign" ? "name" : name.slice(4)] = value;
    });
    const page = { url: landing || location.href, path: location.pathname, search: location.search, title: document.title, referrer };
    landing = "";
    if (type === "page") fields.properties = { ...page, ...fields.properties };
    const message = {
      type, ...fields, messageId: Date.now().toString(36).padStart(9, 0) + random(), timestamp: new Date(),
      context: { page, campaign, locale: navigator.language, library: { name: "helder.js" } },
    };
    if (agreed) keep(message);
    else if (waiting.length < MOST) waiting.push(message);
  };

  const helder = {
    page: (name, properties) => call("page", { name: name || document.title, properties }),
    track: (event, properties) => call("track", { event, properties }),
    identify(user, traits) {
      if (typeof user === "object") [user, traits] = [state.user, user];
      if (state.user && state.user !== user) helder.reset();
      state.user = user;
      if (agreed) write("state", state);
      call("identify", { userId: user, traits });
    },
    group: (groupId, traits) => call("group", { groupId, traits }),
    consent,
    reset() {
      [state, fresh] = [{ fresh: true }, random()];
      if (agreed) write("state", state), ask();
    },
    push: ([name, ...values]) => helder[name](...values),
  };

  // ---- what is seen without code: pages, forms that have a name, links to the company's other sites

  const listen = (type, does) => document.addEventListener(type, does, true);
  const moved = () => {
    if (here.split("#")[0] === location.href.split("#")[0]) return;
    [referrer, here] = [here, location.href];
    setTimeout(helder.page); // by then the page has its title
  };

  const begun = new WeakSet();
  const form = (event, what) => {
    const it = event.target.form || event.target, said = it.dataset || {};
    if (!said.helderForm || (what === "Started" && begun.has(it))) return;
    begun.add(it);
    let properties;
    try { properties = JSON.parse(said.helderProperties); } catch { /* none */ }
    const name = said["helder" + what] ?? said.helderForm + " " + what;
    if (name) helder.track(name, properties);
  };
  listen("input", (event) => form(event, "Started"));
  listen("submit", (event) => form(event, "Completed"));

  const across = (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!agreed || !link || link.hostname === location.hostname || !(state.sites || []).includes(link.hostname)) return;
    const age = Date.now() - state.asked, before = link.href;
    if (!event.type.endsWith("click")) return age > 30 * MINUTE && ask();
    if (!state.word || age > 55 * MINUTE) return;
    link.search += (link.search ? "&" : "?") + "hld=" + state.word;
    setTimeout(() => { link.href = before; }); // a link that is copied says nothing
  };
  ["pointerover", "focusin", "click", "auxclick"].forEach((type) => listen(type, across));

  const begin = () => {
    // The signed word is for this visit: it leaves the address before it can be copied or passed on.
    const clean = location.href.replace(/([?&])hld=[^&#]*&?/, "$1").replace(/[?&](?=#|$)/, "");
    if (clean !== landing) history.replaceState(history.state, "", (here = clean));
    [].forEach.call(layer, google);
    tcf();
    const early = window.helder || [];
    window.helder = helder;
    early.forEach(helder.push);
    if (options.page !== "manual") {
      helder.page();
      const go = history.pushState;
      history.pushState = (...values) => { go.apply(history, values); moved(); };
      window.addEventListener("popstate", moved);
    }
    window.addEventListener("load", tcf);
    window.addEventListener("online", flush);
    listen("visibilitychange", () => document.visibilityState === "hidden" && leave());
    window.addEventListener("pagehide", leave);
    later(0);
  };
  if (document.prerendering) listen("prerenderingchange", begin);
  else begin();
})(window, document, history, location);
