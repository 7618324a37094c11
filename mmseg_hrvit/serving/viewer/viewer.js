// The body of a function that Gradio calls once with `element`, `props` and `watch`.
// A new value makes a new template: parts are looked up again, events are caught at
// the element, and what the user has chosen is kept here.
const classes = props.classes;
const hidden = new Set(); // values of the classes that are off
let opacity = 50; // per cent
let labels = null; // of the picture, by rows

const find = (name) => element.querySelector('.' + name);

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream();
  const whole = stream.pipeThrough(new DecompressionStream('deflate'));
  return new Uint16Array(await new Response(whole).arrayBuffer());
}

function paint() {
  const canvas = find('colours');
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(canvas.width, canvas.height);
  const words = new DataView(pixels.data.buffer);
  const colours = classes.map(({ value, colour }) =>
    hidden.has(value) ? 0 : parseInt(colour.slice(1) + 'ff', 16)
  );
  labels.forEach((label, i) => words.setUint32(4 * i, colours[label]));
  context.putImageData(pixels, 0, 0);
  canvas.style.opacity = opacity / 100;
}

function makeRow({ value, name, colour }, share) {
  const row = document.createElement('li');
  row.innerHTML =
    '<label><input type="checkbox"><i></i><span></span><small></small></label>';
  row.firstChild.dataset.value = value;
  row.querySelector('input').checked = !hidden.has(value);
  row.querySelector('i').style.background = colour;
  row.querySelector('span').textContent = name;
  row.querySelector('small').textContent = (100 * share).toFixed(1) + ' %';
  return row;
}

async function show() {
  const view = props.value;
  labels = await inflate(view.labels);
  find('picture').src = 'data:image/jpeg;base64,' + view.image;
  Object.assign(find('colours'), { width: view.width, height: view.height });
  // As large as the window lets it be, and of this size before it is decoded.
  const ratio = view.width / view.height;
  find('stage').style.cssText = `aspect-ratio: ${ratio}; max-width: ${70 * ratio}vh`;
  find('opacity').value = opacity;
  const there = classes.filter(({ value }) => value in view.shares);
  const rows = there.map((entry) => makeRow(entry, view.shares[entry.value]));
  find('classes').replaceChildren(...rows);
  Object.assign(find('download'), {
    href: 'data:image/png;base64,' + view.map,
    download: view.name.replace(/\.[^.]*$/, '') + '_labels.png',
  });
  find('viewer').hidden = false;
  paint();
}

function point(value) {
  for (const row of element.querySelectorAll('.classes label')) {
    row.classList.toggle('pointed', row.dataset.value === String(value));
  }
}

function tell(event) {
  const canvas = find('colours');
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const column = Math.floor((x / box.width) * canvas.width);
  const row = Math.floor((y / box.height) * canvas.height);
  const label = labels[row * canvas.width + column];
  if (label === undefined) return;
  const under = find('under');
  under.hidden = false;
  under.textContent = classes[label].name;
  const room = box.width - under.offsetWidth - 14;
  under.style.left = Math.max(0, Math.min(x + 14, room)) + 'px';
  under.style.top = Math.max(0, y - 34) + 'px';
  point(label);
}

element.addEventListener('pointermove', (event) => {
  if (event.target.matches('.colours')) tell(event);
});

element.addEventListener('pointerout', (event) => {
  if (!event.target.matches('.colours')) return;
  find('under').hidden = true;
  point(null);
});

element.addEventListener('input', ({ target }) => {
  if (target.matches('.opacity')) {
    opacity = Number(target.value);
    find('colours').style.opacity = opacity / 100;
    return;
  }
  const value = Number(target.parentElement.dataset.value);
  if (target.checked) hidden.delete(value);
  else hidden.add(value);
  paint();
});

watch('value', show);
