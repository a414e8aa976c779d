// Which status codes an HTTP artifact takes for success, as its property says.

/** `2xx` by default; codes, classes and ranges parted by commas: `200,204,3xx,410-412`. @throws Error */
export function expectedStatuses(given = '2xx'): (status: number) => boolean {
  const ranges = given.split(',').map(one => rangeIn(one.trim()))
  return status => ranges.some(([first, last]) => status >= first && status <= last)
}

function rangeIn(text: string): readonly [number, number] {
  const [, group] = /^([1-5])xx$/i.exec(text) ?? []
  if (group !== undefined) return [Number(group) * 100, Number(group) * 100 + 99]
  const [, first, last] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? []
  if (first === undefined)
    throw new Error(
      `The property expectedStatus has codes, classes and ranges, e.g. 200,204,3xx,410-412, not ${text.slice(0, 100)}.`
    )
  return [Number(first), Number(last ?? first)]
}
