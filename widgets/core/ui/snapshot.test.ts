// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { startExplorer } from "../../explorer/fixture";
import { Session } from "../session/session";
import { hideSnapshot } from "./snapshot";

const rules = () => [...document.head.querySelectorAll("style")].map((each) => each.textContent);

it("hides the picture of the review that is shown, for as long as it is shown, and no other", async () => {
  const { root, session } = await startExplorer();
  const shown = new AbortController();
  hideSnapshot(root, session, shown.signal);
  expect(rules()).toContain(`.dqx-snapshot-${session.review} { display: none; }`);
  shown.abort();
  expect(rules().join()).not.toContain("dqx-snapshot");
});

it("leaves the picture where no kernel has told of the review", () => {
  hideSnapshot(document.body, new Session("silent"), new AbortController().signal);
  expect(rules().join()).not.toContain("dqx-snapshot");
});
