import { describe, expect, it, vi } from "vitest";
import { hearAtOnce } from "./late";

type Hear = (message: unknown) => unknown;

/** As in Jupyter: the host's model, and anywidget's, which lets messages wait. */
function host() {
  class Below {
    heard: unknown[] = [];
    _handle_comm_msg(message: unknown): void {
      this.heard.push(message);
    }
  }
  class Waits extends Below {
    override async _handle_comm_msg(message: unknown): Promise<void> {
      await Promise.reject(new Error("Failed to initialize model."));
      super._handle_comm_msg(message);
    }
  }
  const comm = { hear: null as Hear | null, on_msg: vi.fn() };
  comm.on_msg.mockImplementation((hear: Hear) => {
    comm.hear = hear;
  });
  return Object.assign(new Waits(), { comm });
}

const page = (get_model?: (id: string) => Promise<unknown>) =>
  ({ widget_manager: get_model ? { get_model } : undefined }) as unknown as Parameters<typeof hearAtOnce>[0];

describe("a page that is slow to start", () => {
  it("hears what anywidget has given up", async () => {
    const model = host();
    const find = vi.fn(async () => model);
    await hearAtOnce(page(find), "a1");
    expect(find).toHaveBeenCalledWith("a1");
    model.comm.hear?.("hello");
    expect(model.heard).toEqual(["hello"]);
  });

  it("is left alone where the host is built in another way", async () => {
    await hearAtOnce(page(), "a1");
    await hearAtOnce(
      page(() => Promise.reject(new Error("no such model"))),
      "a1",
    );
    await hearAtOnce(
      page(async () => ({})),
      "a1",
    );
    const model = host();
    await hearAtOnce(
      page(async () => model),
      "",
    );
    expect(model.comm.on_msg).not.toHaveBeenCalled();
  });
});
