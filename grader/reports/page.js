/* The diagram: draws the records in view, no others, so that thousands stay quick. */
(() => {
  const place = document.getElementById("diagram");
  const source = document.getElementById("data");
  if (!place || !source) return;
  const { records, first, names, marks, property } = JSON.parse(source.textContent);
  const TICK = 0, CPU = 1, THREAD = 2, EVENT = 3, FIELDS = 4;
  const LEFT = 150, ROW = 34, TOP = 24;
  const space = "http://www.w3.org/2000/svg";

  /* Lanes in the order in which threads come. */
  const lanes = [...new Set(records.map(record => record[THREAD]))];
  const laneOf = new Map(lanes.map((thread, i) => [thread, i]));
  const laneY = thread => TOP + ROW * (laneOf.get(thread) + 0.5);

  /* Arrows and stretches on a processor, found in one pass. */
  const arrows = [], runs = [], running = new Map(), open = new Map();
  const arrow = (key, to, kind) => {
    if (open.has(key)) arrows.push({ from: open.get(key), to, kind });
  };
  records.forEach((record, i) => {
    const f = record[FIELDS], event = record[EVENT], cpu = record[CPU];
    if (event === "call") open.set("call " + f.call, i);
    if (event === "receive") { arrow("call " + f.call, i, "arrow"); open.set("call " + f.call, i); }
    if (event === "reply") {
      arrow("call " + f.call, i, "arrow");
      open.set("answer " + f.call, i);
    }
    if (event === "thread_wake") open.set("wake " + f.thread, i);
    if (event === "thread_run") {
      arrow("wake " + f.thread, i, "wake");
      open.delete("wake " + f.thread);
      if (running.has(cpu)) runs.push({ ...running.get(cpu), to: i });
      running.set(cpu, { thread: +f.thread, from: i });
    }
    if (event === "submit") open.set(`submit ${record[THREAD]} ${f.user_data}`, i);
    if (event === "complete") {
      const key = `submit ${record[THREAD]} ${f.user_data}`;
      if (open.has(key)) arrows.push({ from: open.get(key), to: i, kind: "back" });
      open.delete(key);
    }
    if (/^(thread_wait|thread_exit|preempt|process_exit)$/.test(event) && running.has(cpu)) {
      runs.push({ ...running.get(cpu), to: i });
      running.delete(cpu);
    }
  });
  for (const run of running.values()) runs.push({ ...run, to: records.length - 1 });

  /* x of a record in the whole: by number, or by time. */
  let timed = false;
  const t0 = records.length ? records[0][TICK] : 0;
  const span = () => timed ? records[records.length - 1][TICK] - t0 || 1 : records.length;
  const at = i => timed ? records[i][TICK] - t0 : i + 0.5;
  let from = 0, size = 1;

  const make = (parent, name, attributes, content) => {
    const element = document.createElementNS(space, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (content !== undefined) element.textContent = content;
    parent.append(element);
    return element;
  };
  const told = i => {
    const record = records[i];
    const fields = Object.entries(record[FIELDS]).map(([k, v]) => `${k}=${v}`).join(", ");
    return `#${first + i + 1}  tick ${record[TICK].toLocaleString("en")}  ${record[EVENT]}(${fields})`;
  };
  const say = i => { document.getElementById("told").textContent = i === null ? "" : told(i); };

  const recordAt = tick => records.findIndex(record => record[TICK] >= tick);

  function draw() {
    const width = place.clientWidth, height = TOP + ROW * lanes.length + 8;
    const scale = (width - LEFT) / size, x = i => LEFT + (at(i) - from) * scale;
    const seen = i => at(i) >= from - size * 0.02 && at(i) <= from + size * 1.02;
    place.replaceChildren();
    const svg = make(place, "svg", { height, viewBox: `0 0 ${width} ${height}` });
    const clip = make(make(svg, "clipPath", { id: "view" }), "rect",
      { x: LEFT, y: 0, width: width - LEFT, height });
    clip.id = "view-box";
    for (const thread of lanes) {
      const y = laneY(thread), name = thread === 0 ? "kernel" : names[thread] || `thread ${thread}`;
      make(svg, "line", { x1: LEFT, x2: width, y1: y, y2: y, class: "lane" });
      make(svg, "text", { x: 6, y: y + 4 }, name);
    }
    const view = make(svg, "g", { "clip-path": "url(#view)" });
    for (const run of runs)
      if (laneOf.has(run.thread) && at(run.to) >= from && at(run.from) <= from + size)
        make(view, "rect", { x: x(run.from), y: laneY(run.thread) - 8,
          width: Math.max(1, x(run.to) - x(run.from)), height: 16, class: "run" });
    const visible = records.map((_, i) => i).filter(seen);
    const step = Math.max(1, Math.floor(visible.length / 3000));
    for (const { from: a, to: b, kind } of arrows) {
      if (step > 1 || (!seen(a) && !seen(b))) continue;
      const ya = laneY(records[a][THREAD]), target = records[b][EVENT] === "thread_run"
        ? +records[b][FIELDS].thread : records[b][THREAD];
      const yb = laneOf.has(target) ? laneY(target) : laneY(records[b][THREAD]);
      const bend = ya === yb ? -14 : 0, middle = (x(a) + x(b)) / 2;
      make(view, "path", { class: "arrow " + kind,
        d: `M${x(a)} ${ya}Q${middle} ${(ya + yb) / 2 + bend} ${x(b)} ${yb}` });
    }
    let lastLabel = new Map();
    for (let n = 0; n < visible.length; n += step) {
      const i = visible[n], record = records[i], y = laneY(record[THREAD]);
      const dot = make(view, "circle", { cx: x(i), cy: y, r: 3.5, class: "dot" });
      dot.addEventListener("pointerenter", () => say(i));
      const free = lastLabel.get(record[THREAD]) ?? -Infinity, label = record[EVENT];
      if (step === 1 && x(i) > free) {
        make(view, "text", { x: x(i) + 2, y: y - 10, class: "label" }, label);
        lastLabel.set(record[THREAD], x(i) + label.length * 7 + 8);
      }
    }
    for (const { tick, name } of marks) {
      const i = recordAt(tick);
      if (i < 0) continue;
      make(view, "line", { x1: x(i), x2: x(i), y1: 0, y2: height, class: "mark" });
      make(view, "text", { x: x(i) + 4, y: 14, class: "wrong" }, name);
    }
  }

  function move(newFrom, newSize) {
    size = Math.min(Math.max(newSize, span() / records.length * 8), span());
    from = Math.min(Math.max(newFrom, 0), span() - size);
    draw();
  }
  const zoom = (factor, anchor) => move(from + (1 - factor) * size * anchor, size * factor);
  function show(name) {
    const own = marks.filter(mark => mark.name === name);
    const i = own.length ? recordAt(own[own.length - 1].tick) : -1;
    const centre = i < 0 ? span() : at(i), wanted = span() / records.length * 60;
    move(centre - wanted * 0.7, wanted);
  }
  if (!records.length) return;
  document.getElementById("whole").onclick = () => move(0, span());
  for (const button of document.querySelectorAll("[data-property]"))
    button.onclick = () => show(button.dataset.property);
  document.getElementById("ticks").onchange = event => {
    timed = event.target.checked;
    show(property);
  };
  place.addEventListener("wheel", event => {
    event.preventDefault();
    const box = place.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, (event.clientX - box.left - LEFT) / (box.width - LEFT));
  }, { passive: false });
  let held = null;
  place.addEventListener("pointerdown", event => { held = { x: event.clientX, from }; });
  window.addEventListener("pointerup", () => { held = null; });
  place.addEventListener("pointermove", event => {
    if (held) move(held.from - (event.clientX - held.x) * size / (place.clientWidth - LEFT), size);
  });
  place.addEventListener("keydown", event => {
    const act = { "+": () => zoom(0.8, 0.5), "=": () => zoom(0.8, 0.5), "-": () => zoom(1.25, 0.5),
      ArrowLeft: () => move(from - size / 5, size), ArrowRight: () => move(from + size / 5, size) };
    if (act[event.key]) { act[event.key](); event.preventDefault(); }
  });
  window.addEventListener("resize", draw);
  show(property);
})();
