// A toast can be closed; it goes by itself after 12 seconds, but never while it is pointed at or holds the focus.
const STAYS = 12000;

document.addEventListener("click", (event) => event.target.closest?.("[data-closes-toast]")?.closest("[data-toast]")?.remove());

const watch = (toast) => {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "yes";
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, STAYS / 4) : toast.remove());
  setTimeout(leave, STAYS);
};

const toasts = document.getElementById("toasts");
if (toasts) {
  toasts.querySelectorAll("[data-toast]").forEach(watch);
  new MutationObserver(() => toasts.querySelectorAll("[data-toast]").forEach(watch)).observe(toasts, { childList: true });
}
