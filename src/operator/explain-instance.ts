// Why a job instance does not run: what its newest execution waits for, from the rows by which it waits.
import { BatchError } from '../batch/batch-error.ts'
import { type Explanation, someOf, waitingFor, type WaitingFor } from '../batch/explanation.ts'
import type { Database } from '../store/database.ts'
import { findFullServerCaps, type FullServerCap } from '../store/server-cap-waits.ts'
import {
  countAheadForCaps,
  type FullCap,
  findFullCaps,
  findInstanceWait,
  findLostServers,
  findThreadWait,
  type InstanceWait,
  type ThreadWait,
  type WaitingUnit
} from '../store/waits.ts'
import { etaOfRun } from './eta-of-run.ts'
import { explainVersions } from './explain-versions.ts'

type Reasons = Pick<Explanation, 'waitingFor' | 'place'>

/** Rejects with NoSuchJobInstance. */
export async function explainInstance(db: Database, instanceId: number): Promise<Explanation> {
  const wait = await findInstanceWait(db, instanceId)
  if (wait === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  const state = wait.instanceState
  if (wait.unit === null) return { state, waitingFor: [hasEnded(wait)], place: null }
  const lost = await lostServers(db, instanceId)
  const { waitingFor: reasons, place } = await reasonsOf(db, wait, wait.unit, instanceId)
  // Who has a server that died does not run, whatever else is said of it.
  const others = lost.length === 0 ? reasons : reasons.filter(({ code }) => code !== 'NOT_WAITING')
  const versions = await explainVersions(db, wait.unit.application)
  const all = [...lost, ...others]
  return { state, waitingFor: versions === '' ? all : withSentence(all, versions), place }
}

/** Said with the last reason, for it is none. */
function withSentence(reasons: readonly WaitingFor[], sentence: string): WaitingFor[] {
  return reasons.map((reason, at) =>
    at === reasons.length - 1 ? { ...reason, text: `${reason.text} ${sentence}` } : reason
  )
}

async function reasonsOf(
  db: Database,
  wait: InstanceWait,
  unit: WaitingUnit,
  instanceId: number
): Promise<Reasons> {
  switch (unit.status) {
    case 'STARTED':
      return alone(atWork(wait, await etaOfRun(db, instanceId)))
    case 'STOPPING':
      return alone(stopping(wait, unit))
    case 'CLAIMED':
      return alone(
        waitingFor(
          'NO_FREE_THREAD',
          `Server ${unit.serverId} has taken it, and begins it with its next free thread.`,
          {
            since: unit.readyTime,
            about: { serverId: unit.serverId }
          }
        )
      )
    case 'READY':
      return await forThread(db, unit)
    case 'WAITING':
      return await waiting(db, wait, unit)
  }
}

function alone(reason: WaitingFor): Reasons {
  return { waitingFor: [reason], place: null }
}

function atWork({ serverId, startTime }: InstanceWait, eta: Date | null): WaitingFor {
  const end = eta === null ? '' : `, and should end at ${eta.toISOString()}`
  const text = `It runs on server ${serverId}${end}.`
  return waitingFor('NOT_WAITING', text, { since: startTime, until: eta, about: { serverId } })
}

function hasEnded({ batchStatus, lastUpdatedTime }: InstanceWait): WaitingFor {
  return waitingFor('NOT_WAITING', `It has ended: ${batchStatus}.`, { since: lastUpdatedTime })
}

function stopping({ serverId }: InstanceWait, unit: WaitingUnit): WaitingFor {
  const why = unit.overdue ?? `a stop was asked for by ${unit.stopRequestedBy}`
  const text = `It stops (${why}): server ${serverId} waits for its job code to come to an end.`
  return waitingFor('STOPPING', text, {
    since: unit.stopRequestedAt,
    about: { serverId, stopRequestedBy: unit.stopRequestedBy }
  })
}

async function lostServers(db: Database, instanceId: number): Promise<WaitingFor[]> {
  return (await findLostServers(db, instanceId)).map(({ serverId, expires, units }) =>
    waitingFor(
      'LEASE_EXPIRED',
      `Server ${serverId}, which had ${units === 1 ? 'it' : `${units} parts of it`} at work, has shown no sign of life since; another server recovers what it left.`,
      { since: expires, about: { serverId, units } }
    )
  )
}

async function waiting(db: Database, wait: InstanceWait, unit: WaitingUnit): Promise<Reasons> {
  switch (unit.waitsFor) {
    case 'delay': {
      const text = `Its delivery delay is over at ${unit.readyTime.toISOString()}.`
      return alone(waitingFor('DELIVERY_DELAY', text, { since: wait.createTime, until: unit.readyTime }))
    }
    case 'pause': {
      const text = 'It is paused, and goes on when the pause is ended.'
      return alone(waitingFor('PAUSED', text, { since: wait.lastUpdatedTime }))
    }
    case 'cap':
    case null:
      return await forCaps(db, unit)
  }
}

async function forCaps(db: Database, unit: WaitingUnit): Promise<Reasons> {
  const full = await findFullCaps(db, unit.capKeys)
  const ahead = await countAheadForCaps(db, unit)
  const reasons = full.map(cap => {
    const { key, limit, running, holders } = cap
    const about = { key, limit, running, instanceId: holders[0] ?? null }
    const text = `The cap ${key} lets ${limit} run at one time, and ${holdersOf(cap)}.`
    return waitingFor('CAP_REACHED', text, { since: unit.readyTime, about })
  })
  // Between the end of the one that held it and the next look.
  const free = waitingFor(
    'CAP_REACHED',
    `There is room in ${unit.capKeys.join(', ')} again: it is let in in a moment.`,
    {
      since: unit.readyTime
    }
  )
  return { waitingFor: reasons.length > 0 ? reasons : [free], place: ahead + 1 }
}

function fullServer(cap: FullServerCap, since: Date): WaitingFor {
  const { serverId, key, limit, running, holders } = cap
  const about = { serverId, key, limit, running, instanceId: holders[0] ?? null }
  const text = `The cap ${key} of server ${serverId} lets ${limit} run there at one time, and ${holdersOf(cap)}.`
  return waitingFor('CAP_REACHED', text, { since, about })
}

/** `job instances 5 and 7 do`. */
function holdersOf({ running, holders }: FullCap): string {
  const one = running === 1
  return `job ${one ? 'instance' : 'instances'} ${someOf(holders, running)} ${one ? 'does' : 'do'}`
}

async function forThread(db: Database, unit: WaitingUnit): Promise<Reasons> {
  const caps = await findFullServerCaps(db, unit.unitId)
  const full = caps.map(cap => fullServer(cap, unit.readyTime))
  const found = await findThreadWait(
    db,
    unit,
    caps.map(({ serverId }) => serverId)
  )
  const { application, readyTime: since } = unit
  const { servers, elsewhere, alive, ahead, higher, highest } = found
  if (servers.length === 0 && full.length > 0) return { waitingFor: full, place: ahead + 1 }
  if (servers.length === 0) {
    const known = alive.length === 0 ? 'none' : alive.join(', ')
    const bound =
      elsewhere.length === 0 ? '' : ` for its operation groups (${elsewhere.join(', ')} are bound to others)`
    const text = `No server that lives runs application ${application}${bound}; alive: ${known}.`
    return {
      waitingFor: [waitingFor('APPLICATION_ABSENT', text, { since, about: { application } })],
      place: ahead + 1
    }
  }
  const reasons = [...full, noFreeThread(found, unit)]
  if (highest !== null) {
    const others = higher === 1 ? '' : ` and ${higher - 1} more`
    const text = `Of a higher priority than its ${unit.priority}: job instance ${highest.instanceId} (${highest.priority})${others}.`
    const about = { instanceId: highest.instanceId, priority: highest.priority, instances: higher }
    reasons.push(waitingFor('HIGHER_PRIORITY', text, { since, about }))
  }
  return { waitingFor: reasons, place: ahead + 1 }
}

function noFreeThread({ servers, threads, busyWith, busy }: ThreadWait, unit: WaitingUnit): WaitingFor {
  const who =
    servers.length === 1 ? `server ${servers[0]}` : `${servers.length} servers (${servers.join(', ')})`
  const none = 'it is taken in a moment'
  const work = `at work there: job ${busy === 1 ? 'instance' : 'instances'} ${someOf(busyWith, busy)}`
  return waitingFor(
    'NO_FREE_THREAD',
    `It waits for a free thread of ${who}; ${busy < threads ? none : work}.`,
    {
      since: unit.readyTime,
      about: { servers: servers.length, busy, instanceId: busyWith[0] ?? null }
    }
  )
}
