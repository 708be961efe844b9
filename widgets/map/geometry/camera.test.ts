import { describe, expect, it } from "vitest";
import { boxOf, fitTo, pan, refit, toDataX, toDataY, toMatrix, toScreenX, toScreenY, zoom } from "./camera";
import { between } from "./flight";

const SIZE = { width: 600, height: 400 };
const VIEW = { x: 0.5, y: -0.25, kx: 200, ky: 100 };
const NONE = { top: 0, right: 0, bottom: 0, left: 0 };

describe("screen and data coordinates", () => {
  it("are each other's inverse, with y upwards in the data", () => {
    expect(toScreenX(VIEW, SIZE, 0.5)).toBe(300);
    expect(toScreenY(VIEW, SIZE, -0.25)).toBe(200);
    expect(toScreenY(VIEW, SIZE, 0.75)).toBeLessThan(200);
    expect(toDataX(VIEW, SIZE, toScreenX(VIEW, SIZE, 0.1))).toBeCloseTo(0.1);
    expect(toDataY(VIEW, SIZE, toScreenY(VIEW, SIZE, 0.1))).toBeCloseTo(0.1);
  });

  it("agree with the matrix that the renderer gets", () => {
    const m = toMatrix(VIEW, SIZE);
    const clipX = (((m[0] as number) * 0.8 + (m[12] as number)) * SIZE.height) / SIZE.width;
    const clipY = (m[5] as number) * 0.3 + (m[13] as number);
    expect(((clipX + 1) / 2) * SIZE.width).toBeCloseTo(toScreenX(VIEW, SIZE, 0.8), 3);
    expect(((1 - clipY) / 2) * SIZE.height).toBeCloseTo(toScreenY(VIEW, SIZE, 0.3), 3);
  });
});

describe("moving the camera", () => {
  it("drags what is under the pointer along", () => {
    const moved = pan(VIEW, 30, -20);
    expect(toScreenX(moved, SIZE, 0.2)).toBeCloseTo(toScreenX(VIEW, SIZE, 0.2) + 30);
    expect(toScreenY(moved, SIZE, 0.2)).toBeCloseTo(toScreenY(VIEW, SIZE, 0.2) - 20);
  });

  it("zooms around the pointer", () => {
    const x = toDataX(VIEW, SIZE, 120);
    const y = toDataY(VIEW, SIZE, 90);
    const nearer = zoom(VIEW, SIZE, 3, 120, 90);
    expect(nearer.kx).toBeCloseTo(600);
    expect(toScreenX(nearer, SIZE, x)).toBeCloseTo(120);
    expect(toScreenY(nearer, SIZE, y)).toBeCloseTo(90);
  });

  it("stops zooming at its limits", () => {
    expect(zoom(VIEW, SIZE, 1e-9, 0, 0).kx).toBeGreaterThan(1);
    expect(zoom(VIEW, SIZE, 1e9, 0, 0).kx).toBeLessThan(1e7);
  });

  it("keeps what is in sight when the room changes", () => {
    const smaller = refit(VIEW, SIZE, { width: 300, height: 400 });
    expect(smaller.kx).toBe(100);
    expect(smaller.x).toBe(VIEW.x);
  });
});

describe("fitting", () => {
  it("shows the box inside the room that is left", () => {
    const insets = { top: 50, right: 10, bottom: 30, left: 20 };
    const view = fitTo({ x0: -1, y0: -1, x1: 1, y1: 1 }, SIZE, insets);
    expect(toScreenX(view, SIZE, -1)).toBeGreaterThanOrEqual(19.9);
    expect(toScreenX(view, SIZE, 1)).toBeLessThanOrEqual(590.1);
    expect(toScreenY(view, SIZE, 1)).toBeGreaterThanOrEqual(49.9);
    expect(toScreenY(view, SIZE, -1)).toBeLessThanOrEqual(370.1);
  });

  it("stretches an axis only a little", () => {
    const view = fitTo({ x0: -1, y0: -0.01, x1: 1, y1: 0.01 }, SIZE, NONE);
    expect(view.ky / view.kx).toBeLessThanOrEqual(1.6001);
  });

  it("copes with one point and with none", () => {
    expect(Number.isFinite(fitTo(boxOf(Float32Array.of(0.3, 0.3)), SIZE, NONE).kx)).toBe(true);
    expect(boxOf(new Float32Array())).toEqual({ x0: -1, y0: -1, x1: 1, y1: 1 });
  });
});

describe("flying", () => {
  it("ends exactly where it should, and zooms by factors on the way", () => {
    const near = { x: 1, y: 1, kx: 800, ky: 1600 };
    expect(between(VIEW, near, 1)).toBe(near);
    expect(between(VIEW, near, 0.5)).toEqual({ x: 0.75, y: 0.375, kx: 400, ky: 400 });
  });
});
