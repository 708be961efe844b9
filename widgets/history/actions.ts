/** What can be done with commits and branches: each is asked once, in place, and its outcome is said. */

import type { CommitRow } from "../core/kernel/schema";
import { CallError } from "../core/kernel/transport";
import { freshId } from "../core/kernel/wire";
import { clock, sentence } from "../core/kernel/words";
import { branch, revert, switchTo, tag } from "../core/session/versions";
import type { Context } from "./context";
import { ask, type Question } from "./question";
import { complaint, decisions, moment, shortCommit, summary } from "./words";

/** Why a commit cannot be taken back. */
export function refusal(row: CommitRow): string {
  if (row.undone) return "It is undone already";
  if (row.count === 0) return "It holds no decision that could be taken back";
  return "It cannot be taken back";
}

/** Ask whether to take commits back, and do so. */
export function askRevert(context: Context, rows: readonly CommitRow[]): void {
  const wanted = rows.filter((row) => row.undoable);
  const first = wanted[0];
  if (!first) {
    const blocked = rows[0];
    if (blocked) context.say({ text: `${refusal(blocked)}.`, kind: "status" });
    return;
  }
  // Under a filter a row counts only what passes it, but all of the commit is taken back.
  const total = Object.keys(context.state.filter).length
    ? null
    : wanted.reduce((sum, row) => sum + row.count, 0);
  const what = wanted.length === 1 ? `“${summary(first)}”` : `${wanted.length} commits`;
  // Made once: pressed twice, or sent again after a lost answer, it is still one revert.
  const op = freshId();
  open(context, rows.length === 1 ? first.commit : null, {
    text: `Take ${what} back? ${undone(total)} undone by a new commit; nothing is lost.`,
    field: {
      label: "Why (optional)",
      placeholder: "why (optional)",
      hook: "history-revert-why",
      required: false,
    },
    act: "Revert",
    hook: "history-revert-commit",
    run: async (why) => {
      await takeBack(
        context,
        wanted.map((row) => row.commit),
        total,
        why,
        op,
      );
      context.state.marked.clear();
    },
  });
}

function undone(total: number | null): string {
  if (total === null) return "All decisions in it are";
  return `${sentence(decisions(total))} ${total === 1 ? "is" : "are"}`;
}

/** Take commits back; somebody else's later decision is shown, not overwritten. */
async function takeBack(
  context: Context,
  commits: readonly string[],
  total: number | null,
  why: string,
  op: string,
  said?: string,
): Promise<void> {
  const { session } = context;
  try {
    await session.flush();
    const reply = await revert(session, commits, why, op);
    const made = reply.commit;
    const first = reply.cells[0]?.item;
    const one = commits.length === 1 ? "The commit is" : `${commits.length} commits are`;
    context.say({
      text: said ?? `${one} taken back. ${undone(total)} undone.`,
      kind: "status",
      ...(first === undefined ? {} : { item: first }),
      ...(made === null ? {} : { undo: () => void undoRevert(context, made, total) }),
    });
    await context.reload();
  } catch (error) {
    const item = error instanceof CallError ? error.detail.cells?.[0]?.item : undefined;
    if (item !== undefined) session.select(item);
    throw error;
  }
}

/** A revert is a commit like others: it is taken back by another. */
async function undoRevert(context: Context, made: string, total: number | null): Promise<void> {
  try {
    await takeBack(
      context,
      [made],
      total,
      "",
      freshId(),
      `${total === null ? "The decisions stand" : `${sentence(decisions(total))} ${total === 1 ? "stands" : "stand"}`} again.`,
    );
  } catch (error) {
    const item = error instanceof CallError ? error.detail.cells?.[0]?.item : undefined;
    context.say({ text: complaint(error), kind: "alert", ...(item === undefined ? {} : { item }) });
  }
}

/** Ask for a tag's name. */
export function askTag(context: Context, row: CommitRow): void {
  open(context, row.commit, {
    text: `Name this version (${moment(row.time)})`,
    field: { label: "Tag", placeholder: "v1", hook: "history-tag-name", required: true },
    act: "Tag",
    hook: "history-tag-commit",
    run: async (name) => {
      await tag(context.session, name, row.commit);
      context.say({ text: `This version is now called ${name}.`, kind: "status" });
      await context.reload();
    },
  });
}

/** Ask for a branch's name; `at` is a commit, or "head" for what is there now. */
export function askBranch(context: Context, at: string): void {
  const row = context.state.timeline?.commits.find((r) => r.commit === at);
  const current = context.state.timeline?.branch ?? "this branch";
  const where = row ? `as it was at ${clock(row.time)} (${shortCommit(at)})` : `as it is now`;
  open(context, row ? row.commit : null, {
    text: `Begin a branch from ${current}, ${where}, and go there`,
    field: {
      label: "Name of the new branch",
      placeholder: "name",
      hook: "history-branch-name",
      required: true,
    },
    act: "Begin",
    hook: "history-branch-commit",
    run: async (name) => {
      await branch(context.session, name, at);
      context.say({
        text: `You are on the branch ${name} now. What you decide stays there until it is merged.`,
        kind: "status",
      });
      await context.reload();
    },
  });
}

/** Go to another branch. */
export async function goTo(context: Context, name: string): Promise<void> {
  try {
    await switchTo(context.session, name);
    context.say({ text: `You are on the branch ${name} now.`, kind: "status" });
    await context.reload();
  } catch (error) {
    context.say({ text: complaint(error), kind: "alert" });
  }
}

function open(context: Context, commit: string | null, question: Omit<Question, "close">): void {
  const { state } = context;
  const form = ask({
    ...question,
    close: () => {
      if (state.asking?.form !== form) return;
      state.asking = null;
      context.update();
      context.focusRow();
    },
  });
  state.asking = { commit, form };
  if (commit !== null) state.active = commit;
  context.update();
  form.focus();
}
