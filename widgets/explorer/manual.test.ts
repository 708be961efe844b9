// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { manual, NOTEBOOKS } from "./manual";

const links = (address: string) => [...manual(address).querySelectorAll("a")].map((each) => each.href);

describe("the manual in the help", () => {
  it("names every notebook and how to get them, wherever the widget is", () => {
    for (const address of ["http://127.0.0.1:8888/lab/tree/work/mine.ipynb", "about:srcdoc", ""]) {
      for (const { file } of NOTEBOOKS) expect(manual(address).textContent).toContain(file);
      expect(manual(address).textContent).toContain("explorer demo");
      expect(links(address)).toEqual([]);
    }
  });

  it("links the others from a notebook of the manual", () => {
    const found = links("http://127.0.0.1:8888/user/ann/lab/tree/demo/01_quickstart.ipynb?reset#cell");
    expect(found).toHaveLength(NOTEBOOKS.length - 1);
    expect(found[0]).toBe("http://127.0.0.1:8888/user/ann/lab/tree/demo/02_your_own_data.ipynb");
  });
});
