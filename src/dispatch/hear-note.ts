// What a server does about the notes of others: each only hastens what a poll or a renewal would find.
import type { Notification } from '../store/notifications.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { DispatchLog } from './dispatch-options.ts'
import type { Renewal } from './renewal.ts'

export function hearNote(
  { dispatcher, renewal, log }: { dispatcher: Dispatcher; renewal: Renewal; log: DispatchLog },
  note: Notification
): void {
  switch (note.kind) {
    case 'ready':
      dispatcher.wake()
      return
    case 'stop':
      dispatcher.requests.stop(unit => unit.rootId === note.rootId)
      return
    case 'pause':
      dispatcher.requests.pause(note.executionId)
      return
    case 'ended':
      dispatcher.requests.executionEnded(note.executionId)
      return
    case 'children':
      dispatcher.runner.running
        .find(({ unit }) => unit.unitId === note.parentId)
        ?.lookAtChildren(note.partitions)
        .catch((error: unknown) =>
          log.warn(
            { err: error },
            'what partitions on other servers came to could not be read; it is tried again'
          )
        )
      return
    case 'yield':
      dispatcher.requests.giveWay(unit => unit.parentId === note.parentId, true)
      return
    case 'renew':
      void renewal.tick()
  }
}
