// Jobs of built-in artifacts only, sent inline to a server and as short as their tests want them.
import type { BatchClient } from '../../support/batch-client.ts'

type Properties = Readonly<Record<string, string>>

export interface ChunkStep {
  readonly reader: readonly [string, Properties]
  readonly writer: readonly [string, Properties]
  readonly itemCount?: number
  /** Name of the errors that are skipped. */
  readonly skip?: string
  /** Name of the errors that are retried with rollback, before they are skipped. */
  readonly retry?: string
  readonly mapper?: Properties
}

/** Steps run one after the other; they are named s1, s2 … */
export function jobOf(steps: readonly ChunkStep[]): string {
  const texts = steps.map((step, index) => stepOf(step, index + 1, index + 1 < steps.length))
  return `<job xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0" id="built-in">${texts.join('')}</job>`
}

/** The instance id. */
export async function submitInline(
  client: BatchClient,
  application: string,
  steps: readonly ChunkStep[]
): Promise<number> {
  const form = new FormData()
  form.set(
    'jobdata',
    new Blob([JSON.stringify({ applicationName: application })], { type: 'application/json' })
  )
  form.set('jsl', new Blob([jobOf(steps)], { type: 'application/xml' }))
  const answer = await client.call('POST', '/jobinstances', form)
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.json.instanceId as number
}

function stepOf(
  { reader, writer, itemCount, skip, retry, mapper }: ChunkStep,
  number: number,
  goesOn: boolean
): string {
  const artifact = (kind: string, [ref, properties]: readonly [string, Properties]) =>
    `<${kind} ref="${ref}"><properties>${Object.entries(properties)
      .map(([name, value]) => `<property name="${name}" value="${attribute(value)}"/>`)
      .join('')}</properties></${kind}>`
  const skips =
    skip && `<skippable-exception-classes><include class="${skip}"/></skippable-exception-classes>`
  const retries =
    retry && `<retryable-exception-classes><include class="${retry}"/></retryable-exception-classes>`
  const partition = mapper && `<partition>${artifact('mapper', ['keyRangeMapper', mapper])}</partition>`
  return `<step id="s${number}"${goesOn ? ` next="s${number + 1}"` : ''}><chunk item-count="${itemCount ?? 10}">${artifact('reader', reader)}${artifact('writer', writer)}${skips ?? ''}${retries ?? ''}</chunk>${partition ?? ''}</step>`
}

function attribute(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}
