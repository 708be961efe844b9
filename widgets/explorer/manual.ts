/** The manual: its notebooks by name, with links where they lie beside the notebook that is open. */
import { h } from "../core/ui/dom";

export const NOTEBOOKS = [
  { file: "01_quickstart.ipynb", about: "from a dataset to corrected labels; the screen and all keys" },
  { file: "02_your_own_data.ipynb", about: "read your own data, embed it, export" },
  { file: "03_label_store.ipynb", about: "versions of your labels: tag, branch, merge, blame, revert" },
  { file: "04_p_error.ipynb", about: "how p_error is made, and when to trust it" },
  { file: "05_errors_left.ipynb", about: "how many wrong labels are left; did it help" },
  {
    file: "06_dataset_ci.ipynb",
    about: "the command line, and a build that fails when a dataset gets worse",
  },
  { file: "07_your_own_methods.ipynb", about: "the methods, one of your own, and how to measure it" },
] as const;

/**
 * Make the part of the help that names the notebooks.
 *
 * @param address of the page, which in JupyterLab ends with the notebook that is open. Where that is one of the manual's,
 * the others lie beside it; elsewhere nobody knows where they are.
 */
export function manual(address: string): HTMLElement {
  const page = URL.canParse(address) ? new URL(address) : undefined;
  const open = decodeURIComponent(page?.pathname.split("/").pop() ?? "");
  const beside = NOTEBOOKS.some(({ file }) => file === open);
  return h(
    "section",
    { class: "dqx-help-part", data: { dqx: "help-manual" }, aria: { label: "Manual" } },
    h(
      "h4",
      { class: "dqx-help-title" },
      "Manual",
      h("span", {
        class: "dqx-muted",
        text: beside ? " notebooks beside this one" : " notebooks; the command “explorer demo” opens them",
      }),
    ),
    ...NOTEBOOKS.map(({ file, about }) =>
      h("div", {}, beside && file !== open ? link(file, new URL(file, page).href) : file, `: ${about}`),
    ),
  );
}

function link(text: string, href: string): HTMLElement {
  return h("a", { text, href, target: "_blank", rel: "noopener" });
}
