// Priority and delivery delay of a job, as Liberty's dispatch over queues takes them from job parameters.

const PRIORITY = 'com_ibm_ws_batch_message_priority'
const DELAY = 'com_ibm_ws_batch_message_deliveryDelay'

/** As JMS: 0 (lowest) to 9, 4 when absent or no such number. */
export function priorityOf(jobParameters: Readonly<Record<string, string>>): number {
  const given = jobParameters[PRIORITY]
  return given !== undefined && /^[0-9]$/.test(given) ? Number(given) : 4
}

/** Seconds; the parameter is in milliseconds. */
export function delaySecondsOf(jobParameters: Readonly<Record<string, string>>): number {
  const given = jobParameters[DELAY]
  return given !== undefined && /^\d{1,12}$/.test(given) ? Number(given) / 1000 : 0
}
