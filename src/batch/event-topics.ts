// The topics batch events are published under: Liberty's vocabulary, below its usual root, and one of ours.

/** Liberty's default `topicRoot`. */
export const TOPIC_ROOT = 'batch'

/** `starting` and `started` of instances are defined there and never published; so here. */
export const EVENT_TOPICS = [
  'jobs/instance/submitted',
  'jobs/instance/jms_queued',
  'jobs/instance/jms_consumed',
  'jobs/instance/dispatched',
  'jobs/instance/starting',
  'jobs/instance/started',
  'jobs/instance/stopping',
  'jobs/instance/stopped',
  'jobs/instance/completed',
  'jobs/instance/failed',
  'jobs/instance/purged',
  'jobs/execution/starting',
  'jobs/execution/started',
  'jobs/execution/restarting',
  'jobs/execution/stopping',
  'jobs/execution/stopped',
  'jobs/execution/completed',
  'jobs/execution/failed',
  'jobs/execution/abandoned',
  // Liberty has none: there a priority is the message's, and stays.
  'jobs/execution/priority',
  'jobs/execution/step/started',
  'jobs/execution/step/stopping',
  'jobs/execution/step/stopped',
  'jobs/execution/step/completed',
  'jobs/execution/step/failed',
  'jobs/execution/step/checkpoint',
  'jobs/execution/partition/started',
  'jobs/execution/partition/stopped',
  'jobs/execution/partition/completed',
  'jobs/execution/partition/failed',
  'jobs/execution/split-flow/started',
  'jobs/execution/split-flow/ended',
  'jobs/execution/jobLogPart',
  // Ours.
  'deadlines/start_missed',
  'deadlines/end_missed'
] as const
