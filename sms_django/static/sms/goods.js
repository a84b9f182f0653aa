// Suggests goods while a code or name is typed, and lets a scanner, which ends each code with
// Enter, walk through the lines instead of sending the form.
(() => {
  const form = document.getElementById("order");
  const list = document.getElementById("goods");
  let asked = "";

  const suggest = async (typed) => {
    asked = typed;
    const answer = await fetch(`?goods=${encodeURIComponent(typed)}`);
    const found = answer.ok ? (await answer.json()).results : [];
    if (asked !== typed) return; // something else was typed meanwhile
    list.replaceChildren(
      ...found.map(({ code, name }) => {
        const option = document.createElement("option");
        option.value = code;
        option.label = `${code} ${name}`;
        return option;
      }),
    );
  };

  form.addEventListener("input", (event) => {
    if (event.target.matches("[list=goods]") && event.target.value.trim().length > 1) {
      suggest(event.target.value);
    }
  });

  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || !field.matches("#lines input")) return;
    event.preventDefault();
    const codes = [...form.querySelectorAll("#lines [list=goods]")];
    const next = field.matches("[list=goods]") ? codes[codes.indexOf(field) + 1] : null;
    (next ?? field.closest("tr").nextElementSibling?.querySelector("input") ?? field).focus();
  });
})();
