/** Methods: all of them with how they ran and their pages, and the numbers of graph and model that they rest on. */

import { h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeMethodList } from "../methods/list";
import { makeMethodPage } from "../methods/page";
import { stageName } from "../pipeline/words";

/** Stages whose notes say what the methods rest on. */
const BASES = ["embed", "graph", "probe", "layout"];

export function makeMethods({ session, signal }: Place): Section {
  const list = makeMethodList(session, (name) => void page.open(name), signal);
  const bases = h("div", { class: "dqx-bases", data: { dqx: "method-bases" } });
  const all = h("div", {}, bases, list.element);
  const page = makeMethodPage(session, {
    closing: "All methods",
    shown(open) {
      all.hidden = open;
    },
    back: (name) => list.element.querySelector<HTMLElement>(`[data-method="${CSS.escape(name)}"]`) ?? element,
  });
  const element = h("div", {}, all, page.element);
  const fill = (): void => {
    const found = session.stages.filter((each) => BASES.includes(each.name) && each.note !== "");
    bases.replaceChildren(
      ...found.map((each) =>
        h("p", {}, h("span", { class: "dqx-strong", text: `${stageName(each.name)}: ` }), each.note),
      ),
    );
  };
  session.on("stages", fill, signal);
  return {
    element,
    shown() {
      page.close();
      fill();
      void list.load();
    },
  };
}
