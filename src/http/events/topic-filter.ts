// Which topics a watcher asked for: `*` stands for one level and more, as in the rest of this API; the root may be left out.
import { EVENT_TOPICS, TOPIC_ROOT } from '../../batch/event-topics.ts'
import { BatchError } from '../../batch/batch-error.ts'

/** Whether a topic (without root) matches one of the patterns; none = all. Refuses a pattern that no topic ever matches. */
export function topicFilter(patterns: readonly string[]): (topic: string) => boolean {
  if (patterns.length === 0) return () => true
  const wanted = new Set(patterns.flatMap(matchesOf))
  return topic => wanted.has(topic)
}

function matchesOf(pattern: string): readonly string[] {
  const plain = pattern.startsWith(`${TOPIC_ROOT}/`) ? pattern.slice(TOPIC_ROOT.length + 1) : pattern
  const form = new RegExp(`^${plain.split('*').map(literally).join('.*')}$`)
  const found = EVENT_TOPICS.filter(topic => form.test(topic))
  if (found.length === 0)
    throw new BatchError('ParameterInvalid', [
      'topic',
      `"${pattern.slice(0, 100).toWellFormed()}" is none of the topics of batch events, e.g. ${TOPIC_ROOT}/jobs/instance/*.`
    ])
  return found
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}
