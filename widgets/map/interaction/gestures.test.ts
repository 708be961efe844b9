// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { type GestureEvents, readGestures } from "./gestures";

let element: HTMLElement;
let log: unknown[][];
let lassoing: boolean;
let focused: boolean;
let end: AbortController;

beforeEach(() => {
  element = document.createElement("div");
  document.body.replaceChildren(element);
  log = [];
  lassoing = false;
  focused = false;
  end = new AbortController();
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void log.push([name, ...args.map((a) => (Array.isArray(a) ? a.length : a))]);
  const events: GestureEvents = {
    lassoing: () => lassoing,
    takesWheel: () => focused,
    pan: note("pan"),
    zoom: note("zoom"),
    hover: note("hover"),
    leave: note("leave"),
    click: note("click"),
    draw: note("draw"),
    enclose: note("enclose"),
  };
  readGestures(element, events, end.signal);
});

function send(type: string, x: number, y: number, more: PointerEventInit = {}, on: Element = element): void {
  on.dispatchEvent(
    new PointerEvent(type, { bubbles: true, button: 0, pointerId: 1, clientX: x, clientY: y, ...more }),
  );
}

const names = () => log.map((entry) => entry[0]);

describe("gestures", () => {
  it("take a press without a move for a click", () => {
    send("pointerdown", 10, 10);
    send("pointermove", 12, 11);
    send("pointerup", 12, 11);
    expect(names()).toEqual(["leave", "click"]);
  });

  it("take a drag for a pan, without losing its first pixels", () => {
    send("pointerdown", 10, 10);
    send("pointermove", 20, 10);
    send("pointermove", 25, 12);
    send("pointerup", 25, 12);
    expect(log.filter((e) => e[0] === "pan")).toEqual([
      ["pan", 10, 0],
      ["pan", 5, 2],
    ]);
    expect(names()).not.toContain("click");
  });

  it("draw a lasso with Shift, or in lasso mode", () => {
    for (const more of [{ shiftKey: true }, {}]) {
      log = [];
      lassoing = !more.shiftKey;
      send("pointerdown", 10, 10, more);
      send("pointermove", 60, 10, more);
      send("pointermove", 60, 60, more);
      send("pointerup", 60, 60, more);
      expect(names()).toContain("enclose");
      expect(names()).not.toContain("pan");
    }
  });

  it("give a cancelled lasso up: it is neither a lasso nor a click", () => {
    lassoing = true;
    send("pointerdown", 10, 10);
    send("pointermove", 60, 10);
    send("pointercancel", 60, 10);
    expect(log.at(-1)).toEqual(["draw", 0]);
    expect(names()).not.toContain("enclose");
    expect(names()).not.toContain("click");
  });

  it("zoom with two fingers", () => {
    send("pointerdown", 100, 100);
    send("pointerdown", 200, 100, { pointerId: 2 });
    send("pointermove", 300, 100, { pointerId: 2 });
    expect(log.find((e) => e[0] === "zoom")?.[1]).toBe(2);
  });

  it("leave the wheel to the page until the widget has the focus, but take a pinch", () => {
    const wheel = (more = {}) => {
      const event = new WheelEvent("wheel", { deltaY: -100, bubbles: true, cancelable: true });
      // The test's DOM has no modifier keys on wheel events.
      for (const [name, value] of Object.entries(more)) Object.defineProperty(event, name, { value });
      element.dispatchEvent(event);
    };
    wheel();
    expect(log).toEqual([]);
    focused = true;
    wheel();
    focused = false;
    wheel({ ctrlKey: true });
    expect(names()).toEqual(["zoom", "zoom"]);
  });

  it("leave what lies on the map alone", () => {
    const button = document.createElement("button");
    element.append(button);
    send("pointerdown", 10, 10, {}, button);
    send("pointerup", 10, 10, {}, button);
    expect(names()).not.toContain("click");
  });

  it("end with their signal", () => {
    end.abort();
    send("pointerdown", 10, 10);
    send("pointerup", 10, 10);
    expect(log).toEqual([]);
  });
});
