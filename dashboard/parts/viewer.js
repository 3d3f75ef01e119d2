// One zoom for all pictures, a wipe between two, their difference, arrow keys to go on.

const LARGEST = 16;

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function button(text, title, act) {
  const node = make("button", "", text);
  node.type = "button";
  node.title = title;
  node.setAttribute("aria-label", title);
  node.onclick = act;
  return node;
}

function picture(pane, className) {
  const missing = () => make("div", "gone", `${pane.name}: this picture is missing or damaged.`);
  if (!pane.src) return missing();
  const image = make("img", className);
  image.alt = pane.alt;
  image.draggable = false;
  image.onerror = () => image.replaceWith(missing());
  image.onload = () => {
    const shape = `${image.naturalWidth} / ${image.naturalHeight}`;
    image.closest(".frame")?.style.setProperty("--shape", shape);
  };
  image.src = pane.src;
  return image;
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// Zoom and place are fractions of a frame, so that frames of any width show the same part.
function show(state, root) {
  const most = (state.zoom - 1) / 2;
  state.x = clamp(state.x, -most, most);
  state.y = clamp(state.y, -most, most);
  for (const frame of root.querySelectorAll(".frame")) {
    frame.style.setProperty("--zoom", state.zoom);
    frame.style.setProperty("--x", `${100 * state.x}%`);
    frame.style.setProperty("--y", `${100 * state.y}%`);
    frame.classList.toggle("zoomed", state.zoom > 1);
    frame.classList.toggle("pixels", state.zoom >= 3);
  }
}

function zoom(state, root, by, atX = 0, atY = 0) {
  const next = clamp(state.zoom * by, 1, LARGEST);
  const ratio = next / state.zoom;
  state.x = atX - (atX - state.x) * ratio;
  state.y = atY - (atY - state.y) * ratio;
  state.zoom = next;
  show(state, root);
}

function place(event, frame) {
  const box = frame.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width - 0.5, (event.clientY - box.top) / box.height - 0.5];
}

function dragging(frame, state, root) {
  let last = null;
  frame.onpointerdown = (event) => {
    last = place(event, frame);
    frame.setPointerCapture(event.pointerId);
  };
  frame.onpointermove = (event) => {
    if (!last || state.zoom === 1) return;
    const now = place(event, frame);
    state.x += now[0] - last[0];
    state.y += now[1] - last[1];
    last = now;
    show(state, root);
  };
  frame.onpointerup = frame.onpointercancel = () => { last = null; };
}

function zooming(frame, state, root) {
  frame.ondblclick = (event) => zoom(state, root, state.zoom > 1 ? 1 / LARGEST : 3, ...place(event, frame));
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls as everywhere
    event.preventDefault();
    zoom(state, root, event.deltaY < 0 ? 1.25 : 0.8, ...place(event, frame));
  }, { passive: false });
}

function sideBySide(data, state, root) {
  const panes = make("div", "panes");
  for (const pane of data.panes) {
    const figure = make("figure");
    const frame = make("div", "frame");
    frame.append(picture(pane));
    dragging(frame, state, root);
    zooming(frame, state, root);
    const caption = make("figcaption", "", pane.name);
    if (pane.caption) caption.append(make("small", "", pane.caption));
    figure.append(frame, caption);
    panes.append(figure);
  }
  return panes;
}

function range(label, min, max, step, value, act) {
  const input = make("input");
  Object.assign(input, { type: "range", min, max, step, value });
  input.setAttribute("aria-label", label);
  input.oninput = () => act(Number(input.value));
  return input;
}

function stacked(data, className, over) {
  const [left, right] = data.pair.map((place) => data.panes[place]);
  const figure = make("figure");
  const frame = make("div", "frame");
  const layer = make("div", "layer");
  layer.append(picture(left), over(picture(right, "over")));
  frame.append(layer);
  figure.append(frame);
  const panes = make("div", `panes two ${className}`);
  panes.append(figure);
  return { panes, figure, frame, left, right };
}

function wipe(data, state, root) {
  const { panes, figure, frame, left, right } = stacked(data, "wipe", (image) => image);
  const label = `Wipe: ${left.name} left of it, ${right.name} right of it`;
  const cut = (value) => {
    state.cut = clamp(value, 0, 100);
    frame.style.setProperty("--cut", `${state.cut}%`);
    slider.value = state.cut;
  };
  const slider = range(label, 0, 100, 1, state.cut, cut);
  frame.append(make("div", "edge"), make("span", "tag left", left.name), make("span", "tag right", right.name));
  const follow = (event) => cut(100 * (place(event, frame)[0] + 0.5));
  frame.onpointerdown = (event) => { frame.setPointerCapture(event.pointerId); follow(event); };
  frame.onpointermove = (event) => { if (event.buttons) follow(event); };
  zooming(frame, state, root);
  figure.append(slider);
  cut(state.cut);
  return panes;
}

function difference(data, state, root) {
  const { panes, figure, frame, left, right } = stacked(data, "difference", (image) => image);
  const gain = (value) => {
    state.gain = value;
    frame.style.setProperty("--gain", value);
    caption.textContent = `How far ${left.name} and ${right.name} are apart, colour by colour, times ${value}: black is equal.`;
  };
  const caption = make("figcaption");
  dragging(frame, state, root);
  zooming(frame, state, root);
  figure.append(range("Gain of the difference", 1, 10, 1, state.gain, gain), caption);
  gain(state.gain);
  return panes;
}

function bar(data, state, root, go) {
  const line = make("div", "bar");
  if (data.steps) {
    line.append(
      button("‹", "Previous picture (left arrow)", () => go(-1)),
      button("›", "Next picture (right arrow)", () => go(1)),
    );
  }
  line.append(
    make("span", "title", data.title),
    button("−", "Smaller", () => zoom(state, root, 1 / 1.5)),
    button("+", "Larger (or double-click, or Ctrl and wheel)", () => zoom(state, root, 1.5)),
    button("Reset", "Whole picture", () => zoom(state, root, 1 / LARGEST)),
  );
  return line;
}

// Arrow keys that belong to something else are left to it.
function taken(event) {
  const target = event.composedPath()[0];
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return true;
  return Boolean(target.closest?.(
    "input, select, textarea, [contenteditable='true'], [role='slider'], [role='listbox'], " +
    "[role='combobox'], [role='radiogroup'], [role='tablist'], canvas",
  ));
}

export default function ({ data, parentElement, setTriggerValue }) {
  const state = (parentElement.atlas ??= { zoom: 1, x: 0, y: 0, cut: 50, gain: 2 });
  const root = make("div", "viewer");
  const go = (by) => setTriggerValue("step", { by });
  const keys = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && data.steps && !taken(event)) go(by);
  };
  const views = { "side by side": sideBySide, wipe, difference };
  const draw = data.panes.length > 1 ? views[data.mode] : sideBySide;
  root.append(bar(data, state, root, go), draw(data, state, root));
  parentElement.querySelector(".viewer")?.remove();
  parentElement.append(root);
  show(state, root);
  for (const address of data.ahead) new Image().src = address;
  document.addEventListener("keydown", keys);
  return () => document.removeEventListener("keydown", keys);
}
