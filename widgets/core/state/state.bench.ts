/** What one click costs in the page, at 200,000 items of which every tenth is a suspect: `npx vitest bench --run`. */
import { test } from "vitest";
import type { ScopeName } from "../kernel/schema";
import { ExpectedErrors } from "./expectedErrors";
import type { Sort } from "./filter";
import { QueueOrder, type Reviewed } from "./queueOrder";
import { Ranking } from "./ranking";

const N = 200_000;
/** Rows that one relabel touches. */
const ROWS = 60;

const scores = {
  calibrated: true,
  version: 0,
  suggested: new Int32Array(N),
  p_error: Float32Array.from({ length: N }, () => Math.random() ** 3),
  draws: Int32Array.from({ length: N }, (_, i) => (i * 7919) % N),
  asked: new Int32Array(0),
  audit_rate: 0.1,
  is_label_issue: Uint8Array.from({ length: N }, (_, i) => Number(i % 10 === 0)),
  is_outlier_issue: new Uint8Array(N),
  is_near_duplicate_issue: new Uint8Array(N),
};
const decided = new Uint8Array(N);
const review = (every: number): Reviewed => ({
  labels: null,
  every,
  isReviewed: (item) => decided[item] === 1,
});

function queue(every: number, scope: ScopeName = "label", sort: Sort = "suspicion"): QueueOrder {
  const made = new QueueOrder();
  made.rankBy({ ...scores, p_error: scores.p_error.slice() });
  made.filter = { ...made.filter, scope, sort };
  made.fill(review(every));
  return made;
}

let turn = 0;
const rows = (): Int32Array => {
  turn++;
  return Int32Array.from({ length: ROWS }, (_, i) => (turn * 104_729 + i * 3331) % N);
};
const values = (): Float32Array => Float32Array.from({ length: ROWS }, () => Math.random() ** 3);

test("scores of some rows, one look, and whole columns", async ({ bench }) => {
  const ranking = new Ranking(scores.p_error.slice());
  const alone = queue(0);
  const mixed = queue(10);
  const whole = queue(0, "all");
  const sums = new ExpectedErrors(scores.p_error);
  await bench.compare(
    bench("rows move in the order of all items", () => ranking.move(rows(), values(), () => {})),
    bench("rows move in a queue of the suspects", () => {
      alone.update(rows(), values(), () => {}, review(0));
    }),
    bench("rows move in a queue of the suspects with random items", () => {
      mixed.update(rows(), values(), () => {}, review(10));
    }),
    bench("rows move in a queue of every item", () => {
      whole.update(rows(), values(), () => {}, review(0));
    }),
    bench("rows turn the dial's sums", () => {
      for (const p of values()) {
        sums.remove(p);
        sums.add(p);
      }
      sums.above(0.8);
    }),
    bench("an item's place in the queue is found", () => {
      mixed.position((turn++ * 10) % N);
    }),
    bench("whole columns are sorted", () => {
      new Ranking(scores.p_error.slice());
    }),
    bench("whole columns make the queue of the suspects with random items", () => {
      queue(10);
    }),
    bench("whole columns make the dial's sums", () => {
      new ExpectedErrors(scores.p_error);
    }),
    { time: 300, warmupTime: 100 },
  );
}, 120_000);
