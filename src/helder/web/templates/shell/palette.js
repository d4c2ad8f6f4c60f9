// ⌘K (Ctrl+K) opens the palette; arrows choose, Enter goes. Without script the same address is a page.
const palette = document.querySelector("[data-palette]");

if (palette) {
  const field = palette.querySelector("input");
  const found = () => [...palette.querySelectorAll("[role=option]")];
  const choose = (option) => {
    for (const each of found()) each.setAttribute("aria-selected", String(each === option));
    field.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    palette.showModal();
    field.value = "";
    field.focus();
    field.dispatchEvent(new Event("palette-opens"));
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-opens-palette]") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      if (palette.open) palette.close();
      else open();
    }
  });
  field.addEventListener("keydown", (event) => {
    const all = found();
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      choose(all[(at + step + all.length) % all.length]);
      event.preventDefault();
    } else if (event.key === "Enter") {
      (all[at] ?? all[0])?.click();
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:after:swap", () => palette.open && choose(found()[0]));
}
