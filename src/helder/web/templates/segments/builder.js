// The form is the model: dragging moves elements, and the server reads the fields again in the order of the document.
const sheet = document.querySelector("[data-sheet]");

if (sheet) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const moved = sheet.querySelector("[data-moved]");

  // What is done here is numbered, so that the server knows a change that arrives late; its answer has a number of its own.
  let known = sheet.querySelector("[data-change]").value;
  let typed = false;

  const count = (event) => {
    const field = sheet.querySelector("[data-change]");
    known = field.value = String(Number(field.value) + 1);
    typed = event.type === "input";
  };

  // What was typed while a new tree was under way was refused with the old tree: it is sent again with the new one.
  const again = () => {
    const { value } = sheet.querySelector("[data-change]");
    if (value === known) return;
    known = value;
    if (typed) sheet.dispatchEvent(new Event("rules-moved"));
    typed = false;
  };

  sheet.addEventListener("input", count, true);
  document.addEventListener("click", (event) => event.target.closest("button")?.form === sheet && count(event), true);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  const sortables = () => {
    for (const list of sheet.querySelectorAll("[data-sort]")) {
      if (list.dataset.sorted || !window.Sortable) continue;
      list.dataset.sorted = "yes";
      window.Sortable.create(list, {
        group: "rules",
        handle: "[data-grip]",
        draggable: "[data-node]",
        animation: calm.matches ? 0 : 160,
        ghostClass: "is-ghost",
        fallbackOnBody: true,
        onEnd: () => sheet.querySelector("[data-dragged]").click(),
      });
    }
  };

  const look = () => {
    const mark = document.getElementById("look");
    const rule = mark?.dataset.look && document.getElementById(mark.dataset.look);
    if (!rule) return;
    mark.dataset.look = "";
    for (const open of sheet.querySelectorAll(":popover-open")) open.hidePopover();
    rule.querySelector("select, input:not([type=hidden])")?.focus();
    rule.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  };

  document.addEventListener("htmx:after:swap", () => {
    sortables();
    look();
    again();
  });
  window.addEventListener("load", sortables);
  sortables();

  // Enter in a field counts again, or asks about somebody; it never presses the first button of the form.
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    if (event.target.matches("[data-filter]")) event.target.closest("[data-picker]").querySelector("button:not([hidden])")?.click();
    else if (event.target.matches("[data-asks]")) event.target.parentElement.querySelector("button").click();
    else moved.click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    sheet.querySelector("[data-saves]")?.click();
  });

  sheet.addEventListener(
    "input",
    (event) => {
      if (!event.target.matches("[data-filter], [data-asks]")) return;
      event.stopPropagation();
      const picker = event.target.closest("[data-picker]");
      const wanted = event.target.value.trim().toLowerCase();
      for (const button of picker?.querySelectorAll("button") ?? []) button.hidden = !button.textContent.toLowerCase().includes(wanted);
      for (const kind of picker?.querySelectorAll("fieldset") ?? []) kind.hidden = !kind.querySelector("button:not([hidden])");
    },
    true,
  );
}

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState !== "open" || !event.target.matches?.("[data-picker]")) return;
    const field = event.target.querySelector("[data-filter]");
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  },
  true,
);
