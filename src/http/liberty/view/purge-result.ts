// The only place that knows how Liberty writes what became of one instance of a bulk purge.
import { Type, type Static } from 'typebox'
import type { PurgeResult } from '../../../operator/purge-result.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { Id } from '../../open-api/words.ts'

export const PurgeResultView = closedObject(
  {
    instanceId: Id,
    purgeStatus: Type.String(),
    message: Type.String(),
    redirectUrl: Type.String()
  },
  { title: 'PurgeResult' }
)
export type PurgeResultView = Static<typeof PurgeResultView>

export function purgeResultView({ instanceId, purgeStatus, message, restUrl }: PurgeResult): PurgeResultView {
  const redirectUrl = restUrl === '' ? '' : `${restUrl.replace(/\/+$/, '')}/jobinstances/${instanceId}`
  return { instanceId, purgeStatus, message, redirectUrl }
}
