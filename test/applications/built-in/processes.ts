// Tells whether processes of a test are still at work; a zombie, which nobody has waited for yet, is not.
import { readFile } from 'node:fs/promises'
import { until } from '../../support/until.ts'

export async function isAtWork(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  // `pid (name) state …`; a name may have brackets and blanks.
  return status !== null && !/^[ZX]/.test(status.slice(status.lastIndexOf(')') + 2))
}

export async function allGone(pids: readonly number[]): Promise<void> {
  await until(`processes ${pids.join(', ')} are gone`, async () =>
    (await Promise.all(pids.map(isAtWork))).every(atWork => !atWork)
  )
}

/** A script that writes the ids of itself and two descendants into a file and then waits for ever; `begin` comes first. */
export function scriptOfThree(file: string, begin = ''): string {
  return `${begin}
sleep 1000 & first=$!
sh -c 'sleep 1000 & echo $! >"$1.part"; wait' sh "${file}" &
until [ -s "${file}.part" ]; do sleep 0.02; done
echo $$ $first $(cat "${file}.part") >"${file}.all"
mv "${file}.all" "${file}"
wait`
}

/** The ids that the script has written. */
export async function idsIn(file: string): Promise<number[]> {
  return await until(`process ids in ${file}`, async () => {
    const text = await readFile(file, 'utf8').catch(() => null)
    return text === null ? null : text.trim().split(' ').map(Number)
  })
}
