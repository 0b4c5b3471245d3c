// The shop's own behaviour: the cart (in this tab only), the catalogue's filters, the cookie bar.
// Nothing is stored before the visitor presses something.
const lang = document.documentElement.lang;
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? null;
  } catch {
    return null; // storage denied: the cart lives as long as the page
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // as above
  }
}

const euros = new Intl.NumberFormat(lang, {
  style: 'currency',
  currency: 'EUR',
  currencyDisplay: 'narrowSymbol',
  maximumFractionDigits: 0,
});
const cart = new Map(Object.entries(read('cart') ?? {}));

function showCount() {
  const badge = one('[data-cart-count]');
  const pieces = [...cart.values()].reduce((sum, n) => sum + n, 0);
  badge.textContent = String(pieces);
  badge.hidden = pieces === 0;
}

function changeCart(id, pieces) {
  if (pieces > 0) cart.set(id, pieces);
  else cart.delete(id);
  write('cart', Object.fromEntries(cart));
  showCount();
}

function showCart() {
  if (!one('[data-cart]')) return;
  let total = 0;
  for (const line of all('[data-line]')) {
    const pieces = cart.get(line.dataset.line) ?? 0;
    line.hidden = pieces === 0;
    line.querySelector('input').value = String(pieces || 1);
    total += pieces * Number(line.dataset.price);
  }
  one('[data-cart-empty]').hidden = cart.size > 0 || one('[data-thanks]').textContent !== '';
  one('[data-cart-full]').hidden = cart.size === 0;
  one('[data-cart-total]').textContent = euros.format(total);
}

for (const button of all('[data-add]')) {
  button.addEventListener('click', () => {
    changeCart(button.dataset.add, Math.min(99, (cart.get(button.dataset.add) ?? 0) + 1));
    one('[data-added]').textContent = button.dataset.addedText;
  });
}
for (const line of all('[data-line]')) {
  const id = line.dataset.line;
  line.querySelector('[data-remove]').addEventListener('click', () => {
    changeCart(id, 0);
    showCart();
    one('#main').focus();
  });
  line.querySelector('input').addEventListener('change', (event) => {
    changeCart(id, Math.min(99, Math.max(1, Number.parseInt(event.target.value, 10) || 1)));
    showCart();
  });
}
one('[data-order]')?.addEventListener('click', () => {
  for (const id of [...cart.keys()]) changeCart(id, 0);
  const thanks = one('[data-thanks]');
  thanks.textContent = thanks.dataset.thanksText;
  showCart();
});

// The catalogue is one page: filters change its address without a reload.
const orders = {
  popular: (card) => Number(card.dataset.rank),
  cheap: (card) => Number(card.dataset.price),
  dear: (card) => -Number(card.dataset.price),
};

function showCatalogue() {
  const form = one('[data-filters]');
  const chosen = new URLSearchParams(location.search);
  const kind = chosen.get('kind') ?? '';
  const sort = chosen.get('sort') in orders ? chosen.get('sort') : 'popular';
  for (const radio of form.querySelectorAll('[name=kind]')) radio.checked = radio.value === kind;
  form.sort.value = sort;
  const cards = all('[data-cards] > [data-kind]').sort((a, b) => orders[sort](a) - orders[sort](b));
  for (const card of cards) card.hidden = kind !== '' && card.dataset.kind !== kind;
  one('[data-cards]').append(...cards);
  const n = cards.filter((card) => !card.hidden).length;
  const count = one('[data-count]');
  const forms = JSON.parse(count.dataset.forms);
  count.textContent = (forms[new Intl.PluralRules(lang).select(n)] ?? forms.other).replace('{n}', String(n));
  for (const link of all('.languages a')) link.search = location.search;
}

const filters = one('[data-filters]');
if (filters) {
  filters.classList.add('is-live');
  const choose = () => {
    const chosen = new URLSearchParams();
    const kind = new FormData(filters).get('kind');
    if (kind) chosen.set('kind', kind);
    if (filters.sort.value !== 'popular') chosen.set('sort', filters.sort.value);
    const query = chosen.toString();
    history.pushState(null, '', query ? `?${query}` : location.pathname);
    showCatalogue();
  };
  filters.addEventListener('change', choose);
  filters.addEventListener('submit', (event) => {
    event.preventDefault();
    choose();
  });
  addEventListener('popstate', showCatalogue);
  showCatalogue();
}

const bar = one('[data-cookie-bar]');
bar.hidden = read('cookies') !== null;
for (const button of all('[data-cookies]')) {
  button.addEventListener('click', () => {
    write('cookies', button.dataset.cookies);
    bar.hidden = true;
  });
}

showCount();
showCart();
