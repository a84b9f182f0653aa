// Suggests goods while a code or name is typed, and lets a scanner, which ends each code with
// Enter, walk through the lines instead of sending the form. Where the lines are given, it leads
// to the line of what was scanned.
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

  const scan = document.getElementById("scan");
  const find = (code) => {
    const key = code.trim().toLowerCase();
    const rows = [...form.querySelectorAll("#lines tr[data-codes]")];
    return rows.find((row) => row.dataset.codes.toLowerCase().split("\n").includes(key));
  };

  scan?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const row = scan.value.trim() ? find(scan.value) : null;
    const said = document.getElementById("scanned");
    said.textContent = row || !scan.value.trim() ? "" : `${scan.value}: no line here has this code.`;
    scan.value = "";
    const quantity = row?.querySelector("input[type=number]");
    quantity?.focus();
    quantity?.select();
  });

  // What was asked for is shown below the lines: lead the eye there.
  document.getElementById("changes")?.scrollIntoView({ block: "center" });

  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || !field.matches("#lines input")) return;
    event.preventDefault();
    const codes = [...form.querySelectorAll("#lines [list=goods]")];
    const next = field.matches("[list=goods]") ? codes[codes.indexOf(field) + 1] : null;
    let row = field.closest("tr").nextElementSibling;
    while (row?.matches(".sms-aside")) row = row.nextElementSibling;
    (next ?? row?.querySelector("input:not([type=hidden])") ?? field).focus();
  });
})();
