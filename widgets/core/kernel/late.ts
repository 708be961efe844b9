/** A page that is slow to start still hears its kernel. */
import type { AnyModel } from "@anywidget/types";

/** What a Jupyter host's model of a widget has, as far as it is used here. */
interface HostModel {
  comm?: { on_msg(hear: (message: unknown) => unknown): void };
}
type Handler = (this: HostModel, message: unknown) => unknown;

/**
 * anywidget lets messages wait until a widget is ready, and gives up after two seconds: where the bundle takes longer (a busy
 * machine, a page that loads), whatever the kernel says to that widget is lost for good. The session listens by now, so
 * messages go where the class below anywidget's takes them. Hosts that have no such models are left alone.
 *
 * @param id of the widget's model in its host.
 */
export async function hearAtOnce(model: AnyModel, id: string): Promise<void> {
  const manager = model.widget_manager as { get_model?(id: string): Promise<HostModel> } | undefined;
  if (!id || !manager?.get_model) return;
  let host: HostModel;
  try {
    host = await manager.get_model(id);
  } catch {
    // A host that has the manager and not the model hears in its own way.
    return;
  }
  const own = Object.getPrototypeOf(host) as object;
  const below = (Object.getPrototypeOf(own) as { _handle_comm_msg?: Handler } | null)?._handle_comm_msg;
  if (host.comm?.on_msg && below && Object.hasOwn(own, "_handle_comm_msg"))
    host.comm.on_msg((message) => below.call(host, message));
}
