"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const MOST_ROWS = 400;
  const byId = (id) => document.getElementById(id);
  const failureBox = byId("failure"), sourceBox = byId("source"), destinationBox = byId("destination");
  const onlyChanges = byId("only-changes");
  const pairKey = (path) => path.source + " " + path.destination;

  const steady = new Map(data.scenarios[0].paths.map((path) => [pairKey(path), path]));
  const sites = [...new Set(data.scenarios[0].paths.map((path) => path.source))];
  const failures = new Map(data.scenarios.slice(1).map((scenario) => [scenario.failure, {
    paths: new Map(scenario.paths.map((path) => [pairKey(path), path])),
    effects: new Map(scenario.paths.map((path, index) => [pairKey(path), scenario.effects[index]])),
  }]));
  const nothing = { paths: new Map(), effects: new Map() };

  // What the picture joins: which card a chip is on, and between what each line runs.
  const cardOf = new Map();
  for (const [card, chips] of Object.entries(data.diagram.cards)) {
    for (const key of [card, ...chips]) cardOf.set(key, card);
  }
  const linesOf = new Map();
  for (const line of data.diagram.lines) {
    if (!linesOf.has(line.element)) linesOf.set(line.element, []);
    linesOf.get(line.element).push(line.ends);
  }

  const chosen = { failure: "", source: "", destination: "" };

  /** Return a new element with text, never with markup. */
  function make(name, text, className) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  const words = (element) => data.names[element] || element;
  const counted = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;

  function way(direction, determined) {
    if (!direction.hops.length) return "none";
    const over = direction.segments.map((segment) => segment.over).join(", ");
    const ways = direction.hops.length > 1 ? ` (${direction.hops.length} ways)` : "";
    const via = determined ? direction.via : `${direction.via.replaceAll("+", " or ")}, perhaps by chance,`;
    return over ? `${via} over ${over}${ways}` : via;
  }

  const back = (path) => path.symmetric && path.reachable ? "the same way" : way(path.return, path.determined);

  /** Return the steps of one alternative: cards and chips, and lines with their direction. */
  function trace(source, destination, hops) {
    let here = "site:" + source;
    const steps = [{ node: here }];
    const isAt = (key) => cardOf.get(key) === cardOf.get(here);
    for (const hop of hops) {
      const lines = linesOf.get(hop);
      if (!lines) {
        here = hop;
        steps.push({ node: hop });
        continue;
      }
      const ahead = isAt(lines[0][0]);
      const ordered = ahead ? lines : lines.toReversed();
      for (const ends of ordered) {
        const [from, to] = ahead ? ends : [ends[1], ends[0]];
        steps.push({ node: from }, { line: hop, from, to }, { node: to });
        here = to;
      }
    }
    steps.push({ node: "site:" + destination });
    return steps;
  }

  function shownPaths() {
    const changed = failures.get(chosen.failure) || nothing;
    return [...steady].filter(([, path]) =>
      (!chosen.source || path.source === chosen.source) &&
      (!chosen.destination || path.destination === chosen.destination)
    ).map(([key, before]) => {
      const path = changed.paths.get(key) || before;
      return { path, before, effect: changed.effects.get(key) || "" };
    });
  }

  // --- the picture ---------------------------------------------------------------------------------

  const STATES = ["used", "taken", "idle", "failed", "ailing", "back", "ahead", "astern", "chosen"];

  function mark(selector, ...states) {
    for (const group of document.querySelectorAll(`.drawing ${selector}`)) group.classList.add(...states);
  }

  const quoted = (key) => CSS.escape(key);

  function markSteps(steps, state) {
    for (const step of steps) {
      if (step.node) mark(`:is([data-card="${quoted(step.node)}"],[data-chip="${quoted(step.node)}"])`, state);
      if (!step.line) continue;
      const either = `[data-element="${quoted(step.line)}"]`;
      const from = quoted(step.from), to = quoted(step.to);
      const arrows = Boolean(chosen.source && chosen.destination);
      mark(`${either}[data-from="${from}"][data-to="${to}"]`, state, ...(arrows ? ["ahead"] : []));
      mark(`${either}[data-from="${to}"][data-to="${from}"]`, state, ...(arrows ? ["astern"] : []));
    }
  }

  function redraw(shown) {
    for (const group of document.querySelectorAll(".drawing g")) group.classList.remove(...STATES);
    const used = new Set();
    const forward = new Map();
    const taken = new Map();
    for (const { path, before, effect } of shown) {
      for (const hops of path.hops) {
        const steps = trace(path.source, path.destination, hops);
        // every pair in one picture: each step needs to be marked once only
        for (const step of steps) forward.set(`${step.node || ""}|${step.line || ""}|${step.from}|${step.to}`, step);
        const known = new Set(before.hops.flat());
        if (effect) for (const hop of hops) if (!known.has(hop)) taken.set(hop, true);
        for (const hop of hops) used.add(hop);
      }
    }
    markSteps(forward.values(), "used");
    for (const element of taken.keys()) mark(`[data-element="${quoted(element)}"]`, "taken");
    if (chosen.source && chosen.destination) {
      for (const { path } of shown) {
        if (path.symmetric) {
          for (const hops of path.return.hops) markSteps(trace(path.destination, path.source, hops), "used");
          continue;
        }
        for (const hops of path.return.hops) markSteps(trace(path.destination, path.source, hops), "back");
      }
    }
    for (const line of document.querySelectorAll(".drawing .line:not(.used, .back)")) line.classList.add("idle");
    for (const element of chosen.failure ? chosen.failure.split(" + ") : []) {
      mark(`[data-element="${quoted(element)}"]`, "failed");
      if (data.ailing[element]) mark(`[data-element="${quoted(data.ailing[element])}"]`, "ailing");
    }
    for (const site of [chosen.source, chosen.destination]) {
      if (site) mark(`[data-site="${quoted(site)}"]`, "chosen");
    }
    document.body.classList.toggle("with-failure", Boolean(chosen.failure));
    document.body.classList.toggle("with-pair", Boolean(chosen.source && chosen.destination));
  }

  // --- words ---------------------------------------------------------------------------------------

  function effectsInWords(effects) {
    const counts = new Map();
    for (const effect of effects) if (effect) counts.set(effect, (counts.get(effect) || 0) + 1);
    return [...counts].map(([effect, count]) => `${count} ${data.told_as[effect]}`).join(", ");
  }

  function tellStatus(shown) {
    const arriving = shown.filter(({ path }) => path.reachable).length;
    const changed = shown.filter(({ effect }) => effect);
    const reach = `${arriving} of ${counted(shown.length, "path")} arrive${shown.length === 1 ? "s" : ""}`;
    const told = effectsInWords(changed.map(({ effect }) => effect));
    byId("status").textContent = chosen.failure
      ? `Without ${chosen.failure.split(" + ").map(words).join(" and ")}: ${reach}; ` +
        (told ? `${counted(changed.length, "path")} changed (${told}).` : "no path changed.")
      : `With everything up: ${reach}.`;
  }

  function tellTable(shown) {
    const changedFirst = [...shown.filter(({ effect }) => effect), ...shown.filter(({ effect }) => !effect)];
    const wanted = changedFirst.filter(({ effect }) => effect || !(chosen.failure && onlyChanges.checked));
    const rows = wanted.slice(0, MOST_ROWS).map(tableRow);
    byId("table").tBodies[0].replaceChildren(...rows);
    const leftOut = wanted.length - rows.length;
    byId("left-out").hidden = !leftOut;
    byId("left-out").textContent = `${leftOut} more are left out here: choose a site.`;
    document.querySelector("label.check").hidden = !chosen.failure;
  }

  function tableRow({ path, before, effect }) {
    const row = make("tr", undefined, effect ? "changed" : "");
    row.dataset.pair = pairKey(path);
    const cell = (title, text) => {
      const made = make("td", text);
      made.dataset.title = title;
      row.append(made);
      return made;
    };
    const show = make("button", path.source);
    show.type = "button";
    show.setAttribute("aria-label", `${path.source}: show the way to ${path.destination}`);
    show.addEventListener("click", () => {
      choose({ source: path.source, destination: path.destination });
      byId("network-title").scrollIntoView({ block: "start" });
    });
    cell("From").append(show);
    cell("To", path.destination);
    const told = cell("Way", way(path, path.determined));
    if (effect) {
      told.prepend(make("span", effect, `tag ${effect}`), " ");
      told.append(make("span", `before: ${way(before, before.determined)}`, "before"));
    }
    cell("Back", back(path));
    cell("Why", path.reason);
    return row;
  }

  function tellWay(shown) {
    const isPair = Boolean(chosen.source && chosen.destination) && shown.length === 1;
    byId("way").hidden = !isPair;
    if (!isPair) return;
    const { path } = shown[0];
    byId("way-title").textContent = `From ${path.source} to ${path.destination}`;
    const both = make("div", undefined, "both");
    both.append(tellDirection("There", path.source, path.destination, path.hops));
    const title = path.symmetric ? "Back, over the same" : "Back";
    both.append(tellDirection(title, path.destination, path.source, path.return.hops));
    const judged = [];
    if (path.reachable && !path.symmetric) judged.push("The way back differs.");
    if (!path.determined) judged.push("Chance has a part in it: the design does not decide.");
    byId("way-told").replaceChildren(make("p", [...judged, `Why: ${path.reason}`].join(" ")), both);
  }

  function tellDirection(title, source, destination, alternatives) {
    const part = make("div");
    part.append(make("h3", title));
    if (!alternatives.length) part.append(make("p", "Nothing arrives."));
    alternatives.forEach((hops, number) => {
      if (alternatives.length > 1) part.append(make("p", `One of ${alternatives.length} ways, ${number + 1}:`));
      const list = make("ol");
      for (const step of [source, ...hops.map(words), destination]) list.append(make("li", step));
      part.append(list);
    });
    return part;
  }

  // --- choosing ------------------------------------------------------------------------------------

  function choose(change) {
    Object.assign(chosen, change);
    if (chosen.source && chosen.source === chosen.destination) chosen.destination = "";
    failureBox.value = chosen.failure;
    sourceBox.value = chosen.source;
    destinationBox.value = chosen.destination;
    const shown = shownPaths();
    redraw(shown);
    tellStatus(shown);
    tellTable(shown);
    tellWay(shown);
    for (const group of document.querySelectorAll(".drawing [data-choice].ready")) {
      const { choice, site } = group.dataset;
      const pressed = site ? [chosen.source, chosen.destination].includes(site) : chosen.failure === choice;
      group.setAttribute("aria-pressed", String(pressed));
    }
    const kept = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
    history.replaceState(null, "", kept.size ? `#${kept}` : location.pathname + location.search);
  }

  function toggle(group) {
    const { choice, site } = group.dataset;
    if (!site) choose({ failure: chosen.failure === choice ? "" : choice });
    else if (!chosen.source) choose({ source: site });
    else if (chosen.source === site) choose({ source: "", destination: "" });
    else choose({ destination: chosen.destination === site ? "" : site });
  }

  function prepareDrawing(svg) {
    const groups = [...svg.querySelectorAll("[data-choice]")]
      .filter((group) => group.dataset.site || failures.has(group.dataset.choice));
    groups.forEach((group, index) => {
      group.classList.add("ready");
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", index ? "-1" : "0");
    });
    // a tunnel's lines stand for its card
    for (const line of svg.querySelectorAll(".line.tunnel")) {
      if (failures.has(line.dataset.element)) line.classList.add("ready");
    }
    svg.addEventListener("click", (event) => {
      const group = event.target.closest(".ready");
      const card = group && svg.querySelector(`[data-choice="${quoted(group.dataset.choice || group.dataset.element)}"]`);
      if (card) toggle(card);
    });
    svg.addEventListener("keydown", (event) => {
      const at = groups.indexOf(event.target);
      if (at < 0) return;
      const targets = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: groups.length - 1,
      };
      if (event.key in targets) {
        const next = groups[(targets[event.key] + groups.length) % groups.length];
        groups[at].setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      } else if (event.key === "Enter" || event.key === " ") toggle(groups[at]);
      else if (event.key === "Escape") choose({ failure: "", source: "", destination: "" });
      else return;
      event.preventDefault();
    });
  }

  function option(value, text) {
    const made = make("option", text);
    made.value = value;
    return made;
  }

  function fillBoxes() {
    failureBox.append(option("", "nothing: everything is up"));
    const groups = new Map();
    for (const [failure, { effects }] of failures) {
      const kind = failure.includes(" + ") ? "together" : failure.split(":", 1)[0];
      if (!groups.has(kind)) {
        groups.set(kind, make("optgroup"));
        groups.get(kind).label = kind;
        failureBox.append(groups.get(kind));
      }
      const told = effectsInWords(effects.values()) || "nothing changes";
      groups.get(kind).append(option(failure, `${failure} (${told})`));
    }
    for (const box of [sourceBox, destinationBox]) {
      box.append(option("", "all sites"), ...sites.map((site) => option(site, site)));
    }
  }

  function prepareFindings() {
    for (const told of document.querySelectorAll("[data-failures]")) {
      const buttons = JSON.parse(told.dataset.failures).filter((name) => failures.has(name)).map((name) => {
        const button = make("button", name);
        button.type = "button";
        button.addEventListener("click", () => {
          choose({ failure: name });
          byId("network-title").scrollIntoView({ block: "start" });
        });
        return button;
      });
      if (buttons.length) told.replaceChildren("Under the failure of:", ...buttons);
    }
  }

  function fromAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const known = (name, isKnown) => isKnown(wanted.get(name)) ? wanted.get(name) : "";
    const only = data.scenarios.length === 2 ? data.scenarios[1].failure : "";
    return {
      failure: known("failure", (name) => failures.has(name)) || only,
      source: known("source", (name) => sites.includes(name)),
      destination: known("destination", (name) => sites.includes(name)),
    };
  }

  fillBoxes();
  prepareFindings();
  document.querySelectorAll(".drawing svg").forEach(prepareDrawing);
  failureBox.addEventListener("change", () => choose({ failure: failureBox.value }));
  sourceBox.addEventListener("change", () => choose({ source: sourceBox.value }));
  destinationBox.addEventListener("change", () => choose({ destination: destinationBox.value }));
  onlyChanges.addEventListener("change", () => choose({}));
  byId("reset").addEventListener("click", () => choose({ failure: "", source: "", destination: "" }));
  window.addEventListener("hashchange", () => choose(fromAddress()));
  document.querySelector(".choices").hidden = false;
  choose(fromAddress());
})();
