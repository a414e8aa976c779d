// The only place that knows how Liberty writes what became of one instance of a bulk purge.
import { Type, type Static } from 'typebox'
import type { PurgeResult } from '../../../operator/purge-result.ts'

export const PurgeResultView = Type.Object({
  instanceId: Type.Integer(),
  purgeStatus: Type.String(),
  message: Type.String(),
  redirectUrl: Type.String()
})
export type PurgeResultView = Static<typeof PurgeResultView>

export function purgeResultView({ instanceId, purgeStatus, message, restUrl }: PurgeResult): PurgeResultView {
  const redirectUrl = restUrl === '' ? '' : `${restUrl.replace(/\/+$/, '')}/jobinstances/${instanceId}`
  return { instanceId, purgeStatus, message, redirectUrl }
}
