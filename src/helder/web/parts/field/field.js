// A choice that acts at once (data-submits) submits its form; without script the form has a button of its own.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submits]")) event.target.form?.requestSubmit();
});
