// Whether a call of ours is the call of the other engine: same artifact, method and place, and the same values but for ids.
import { isDeepStrictEqual } from 'node:util'
import { classOf, type ComparedCall } from './golden-recording.ts'

export function sameCall(golden: ComparedCall, ours: ComparedCall): boolean {
  return (
    golden.artifact === ours.artifact &&
    golden.method === ours.method &&
    golden.at === ours.at &&
    golden.throws === ours.throws &&
    sameValue(golden.ret ?? null, ours.ret ?? null) &&
    golden.args.length === ours.args.length &&
    golden.args.every((arg, index) => sameValue(arg, ours.args[index]))
  )
}

/** `artifact#1.method at step (args) → result`, short. */
export function callText({ artifact, method, at, args, ret, throws }: ComparedCall): string {
  const end = throws === null ? (ret === undefined ? '' : ` → ${short(ret)}`) : ` throws ${throws}`
  return `${artifact}.${method}(${args.map(short).join(', ')}) at ${at}${end}`
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function sameValue(golden: unknown, ours: unknown): boolean {
  return isDeepStrictEqual(comparable(golden), comparable(projected(ours, golden)))
}

/** Of records the suite shows a part only. */
function projected(ours: unknown, golden: unknown): unknown {
  if (Array.isArray(ours) && Array.isArray(golden))
    return ours.map((one, index) => projected(one, golden[index]))
  if (!isObject(ours) || !isObject(golden)) return ours
  return Object.fromEntries(
    Object.keys(golden).map(name => [name, projected(ours[name] ?? null, golden[name])])
  )
}

/** Without what differs from run to run or from language to language: ids, class names of values, messages of errors. */
function comparable(value: unknown): unknown {
  if (typeof value === 'string')
    return /^\w+(Exception|Error): /.test(value) ? classOf(value) : value.replaceAll(/\d+/g, '#')
  if (Array.isArray(value)) return value.map(comparable)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([name]) => name !== '_' && name !== 'stepExecutionId')
  return Object.fromEntries(kept.map(([name, one]) => [name, comparable(one)]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
