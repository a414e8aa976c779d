// Loaded into a server before anything else: its clock is wrong by SKEW_MINUTES, as on a machine without NTP.
const skew = Number(process.env.SKEW_MINUTES) * 60_000
const RealDate = Date
const now = RealDate.now.bind(RealDate)

globalThis.Date = class extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [now() + skew] : given) as []))
  }

  static override now(): number {
    return now() + skew
  }
} as DateConstructor
