"use strict";
{
  const all = () => document.querySelectorAll("main details");
  const status = document.querySelector("[role=status]");
  document.querySelector(".buttons").hidden = false;
  for (const button of document.querySelectorAll("[data-fold]")) {
    button.addEventListener("click", () => {
      const open = button.dataset.fold === "open";
      for (const part of all()) part.open = open;
      status.textContent = open ? "Everything is unfolded." : "Everything is folded.";
    });
  }
  document.querySelector("[data-print]").addEventListener("click", () => print());
  for (const choice of document.querySelectorAll("[name=detail]")) {
    choice.addEventListener("change", () => {
      status.textContent = `Detail: ${choice.value}.`;
    });
  }
  // What is folded is printed all the same.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...all()].filter((part) => !part.open);
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });
}
