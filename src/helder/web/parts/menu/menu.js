// Arrow keys, Home and End within an open menu; the first thing to do gets the focus (WAI-ARIA menu button pattern).
const things = (menu) => [...menu.querySelectorAll("a[href], button:not(:disabled, [hidden])")];

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState === "open" && event.target.matches?.("[data-menu]")) things(event.target)[0]?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  if (!menu || !(event.key in steps)) return;
  const all = things(menu);
  const at = all.indexOf(document.activeElement) + steps[event.key];
  const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : (at + all.length) % all.length;
  all[next]?.focus();
  event.preventDefault();
});
