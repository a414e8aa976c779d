// One storm: three servers, jobs without end, and troubles drawn by a seed; then quiet, and the judgement.
import { availableParallelism, loadavg } from 'node:os'
import { lasting, seeded } from '../../support/chaos.ts'
import type { Teardown } from '../../support/database.ts'
import { tcpProxy } from '../../support/tcp-proxy.ts'
import { createFleet, type Fleet, type StormServer } from './storm-fleet.ts'
import { type Load, type Policy, startLoad } from './storm-load.ts'
import { type StormPlace, stormPlace } from './storm-place.ts'
import { make, NEEDS_PROXY, type Surroundings, type Trouble, TROUBLES } from './storm-troubles.ts'
import { type Figures, figuresOf, problemsOf } from './storm-verdict.ts'

export interface StormOptions {
  /** Of which each job draws one. */
  readonly policies: readonly Policy[]
  readonly seed: number
  /** An empty folder of its own. */
  readonly directory: string
  /** Each once, in an order that the seed chooses; after that drawn anew for as long as there is time. */
  readonly troubles: readonly Trouble[]
  /** Of drawing anew. */
  readonly seconds: number
  /** Submits go on until there are so many. */
  readonly jobs: number
  say(line: string): void
}

export interface StormReport extends Figures {
  readonly problems: readonly string[]
  readonly fenced: number
  readonly jobs: number
  readonly lines: readonly string[]
  /** All that the servers printed. */
  readonly log: string
}

/** The shortest there is; longer where a server that is fit and well may not get to run for so long. */
const LEASE_SECONDS = Math.round(Math.min(20, Math.max(5, (1.5 * loadavg()[0]!) / availableParallelism())))
/** Troubles at one time: of three servers one is always left in peace. */
const LANES = 2
const QUIET_WITHIN_MS = 400_000
/** Said by a server when what a unit of it was about to commit was refused. */
const FENCED = /"msg":"a commit was refused: /g
/** Never to be seen, whatever happens. */
const FAULTS = /a fault nobody handled|could not stop in order/

export async function storm(t: Teardown, options: StormOptions): Promise<StormReport> {
  const place = await stormPlace(t, options.directory)
  const proxy = await tcpProxy(t, place.url)
  const fleet = createFleet(t, {
    directory: options.directory,
    urls: { one: place.url, two: place.url, cuttable: proxy.url },
    environment: {
      BATCH_LEASE_SECONDS: String(LEASE_SECONDS),
      BATCH_CRASH_BUDGET: '1000',
      BATCH_THREADS: '4'
    }
  })
  try {
    return await stormOver(fleet, { place, proxy }, options)
  } finally {
    fleet.retire()
  }
}

async function stormOver(
  fleet: Fleet,
  { place, proxy }: Pick<Surroundings, 'place' | 'proxy'>,
  options: StormOptions
): Promise<StormReport> {
  const { policies, say } = options
  const began = performance.now()
  await Promise.all(fleet.servers.map(server => server.start()))
  const load = startLoad(place, fleet, seeded(options.seed), { everyMs: 80, policies })
  const problems: string[] = []
  const around = {
    place,
    proxy,
    leaseSeconds: LEASE_SECONDS,
    wakes: { exited: 0, survived: 0 },
    problem(text: string) {
      say(`PROBLEM ${text}`)
      problems.push(text)
    }
  }
  const fenced = () => fleet.log().match(FENCED)?.length ?? 0
  const lacking = async () => {
    if (fenced() === 0) return true
    const { interruptedUnder } = await figuresOf(place, load)
    return policies.some(policy => interruptedUnder[policy] === 0)
  }
  const done = await blow(options, fleet, around, lacking)
  while (load.accepted.size < options.jobs) await lasting(50)
  say(`the storm is over after ${seconds(began)} s: ${load.accepted.size} jobs accepted`)
  await load.enough()
  await quiet(place, load, policies, fleet)
  problems.push(...(await problemsOf(place, load, fleet.servers.length)))
  const figures = await figuresOf(place, load)
  for (const server of fleet.servers) {
    // One that was starved in the meantime is being started again.
    while (server.busy || !server.up) await lasting(100)
    server.busy = true
    const { process, name } = server
    const end = await process?.stop()
    if (end?.code !== 0) problems.push(`${name} did not end in order: ${JSON.stringify(end)}`)
  }
  const log = fleet.log()
  const fault = FAULTS.exec(log)
  if (fault !== null)
    problems.push(`a server said: ${log.slice(Math.max(0, fault.index - 500), fault.index + 1500)}`)
  for (const end of fleet.unforeseen) problems.push(`nobody ended it: ${end}`)
  const lines = [
    `${policies.join(' and ')}, seed ${options.seed}, lease ${LEASE_SECONDS} s: ${load.accepted.size} jobs and ${figures.rows} rows in ${seconds(began)} s`,
    `troubles: ${[...done].map(([trouble, times]) => `${trouble} ${times}`).join(', ')}`,
    `units interrupted: ${JSON.stringify(figures.interrupted)}, ${JSON.stringify(figures.interruptedUnder)}; claims ${figures.claims}, starts ${figures.epochs}; restarts by hand ${load.restarts}`,
    `commits fenced: ${fenced()}; servers that woke dead and ended: ${around.wakes.exited}; starved past their lease: ${fleet.starved}; starts in vain: ${fleet.startsInVain}`
  ]
  return { ...figures, problems, fenced: fenced(), jobs: load.accepted.size, lines, log }
}

/** All troubles in their lanes; how often each was. */
async function blow(
  options: StormOptions,
  fleet: Fleet,
  around: Omit<Surroundings, 'random'>,
  lacking: () => Promise<boolean>
): Promise<Map<Trouble, number>> {
  const order = seeded(options.seed + 1)
  const queue = [...options.troubles]
  for (let at = queue.length - 1; at > 0; at--) {
    const other = order.between(0, at)
    ;[queue[at], queue[other]] = [queue[other]!, queue[at]!]
  }
  const done = new Map<Trouble, number>()
  const deadline = performance.now() + options.seconds * 1000
  const lane = async (number: number) => {
    const random = seeded(options.seed + 2 + number)
    for (;;) {
      const trouble: Trouble | undefined =
        queue.shift() ?? (performance.now() < deadline ? random.pick(TROUBLES) : undefined)
      if (trouble === undefined) return
      const server = await pickServer(trouble, fleet, random.between(0, 2))
      options.say(`${trouble} ${server.name}`)
      await make(trouble, server, { ...around, random })
      server.busy = false
      done.set(trouble, (done.get(trouble) ?? 0) + 1)
      await lasting(random.between(0, 1000))
    }
  }
  const storm = Array.from({ length: LANES }, (_, number) => lane(number))
  await Promise.all(storm)
  // A pause can find a server between two chunks, or without a job under one of the policies; the report must not depend on that.
  for (let more = 0; more < 3 && (await lacking()); more++) {
    queue.push('pause')
    await lane(LANES + more)
  }
  return done
}

/** Taken at once: the other lane must not choose it too. */
async function pickServer(trouble: Trouble, fleet: Fleet, first: number): Promise<StormServer> {
  for (let at = first; ; at++) {
    const server = NEEDS_PROXY.includes(trouble) ? fleet.servers.at(-1)! : fleet.servers[at % 3]!
    if (!server.busy && server.up) {
      server.busy = true
      return server
    }
    await lasting(20)
  }
}

/** All servers are up and nothing is at work or to be recovered any more, or it takes too long. */
async function quiet(
  place: StormPlace,
  load: Load,
  policies: readonly Policy[],
  fleet: Fleet
): Promise<void> {
  const began = performance.now()
  const late = () => performance.now() - began > QUIET_WITHIN_MS
  while (!late() && fleet.servers.some(({ busy, up }) => busy || !up)) await lasting(100)
  // Under `fail` each end but COMPLETED is followed by a restart.
  const over = policies.includes('fail') ? ['COMPLETED'] : ['COMPLETED', 'FAILED', 'STOPPED']
  const open = async () => {
    const { rows } = (await place.db.raw(
      `select from batchyard.job_instance where instance_state <> all(?)
      union all select from batchyard.incarnation where dead_at is not null
      union all select from (select count(*) as alive from batchyard.incarnation) i where alive <> ?`,
      [over, fleet.servers.length]
    )) as { rows: object[] }
    return rows.length
  }
  while (!late() && (await open()) > 0) await lasting(200)
  await load.end()
}

function seconds(began: number): number {
  return Math.round((performance.now() - began) / 1000)
}
