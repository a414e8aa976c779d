// The properties of jobs and steps that the engine reads: all that begin so and are not here are slips of the pen.

export const OWN_PREFIX = 'batchyard.'

/** Element → names that are read of its own `<properties>`. */
export const OWN_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  job: [
    'batchyard.timeLimitSeconds',
    'batchyard.timeWarningSeconds',
    'batchyard.capKey',
    'batchyard.capLimit',
    'batchyard.recovery',
    'batchyard.preemptible',
    'batchyard.priority'
  ],
  step: ['batchyard.timeLimitSeconds', 'batchyard.timeWarningSeconds']
}

/** What is wrong with a property of this name there; `null` = nothing. */
export function slipIn(name: string, element: string): string | null {
  if (!name.startsWith(OWN_PREFIX) || OWN_PROPERTIES[element]?.includes(name) === true) return null
  const elsewhere = Object.keys(OWN_PROPERTIES).filter(each => OWN_PROPERTIES[each]!.includes(name))
  if (elsewhere.length > 0)
    return `is read of ${elsewhere.map(each => `<${each}>`).join(' and ')} only, not of <${element}>`
  return `is none that the server knows; it would be overlooked`
}
