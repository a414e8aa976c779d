// The requirements of documents 000, 002, 003 and 004 by number, each with the marks of its sheet: S = said by the document, D = by the
// product's own documentation, I = inferred, P = proposed. The sheet itself is not part of this repository.

const SHEET: Readonly<Record<string, string>> = {
  R000: '1 S, 2 S, 3 S, 4 S, 5 S, 6 S, 7 I, 8 S, 9 S, 10 I, 11 S, 12 S, 13 S, 14 S, 15 S, 16 P, 20 S, 21 S, 22 SP, 23 IP, 24 S, 25 S, 26 IP, 27 SP, 30 S, 31 S, 32 S, 33 S, 34 S, 35 P',
  R002: '1 SDP, 2 S, 3 S, 4 D, 5 SD, 6 S, 7 S, 8 S, 9 S, 10 I, 11 SI, 12 S, 13 SDI, 14 S, 15 S, 16 S, 17 SI, 18 D, 19 S, 20 S, 21 S, 22 S, 23 S, 24 S, 25 P, 30 S, 31 SD, 32 S, 33 S, 34 D, 40 S, 41 S, 42 D, 43 D, 50 D, 51 D, 52 D, 53 DP, 60 D, 61 DP, 62 D, 63 D, 64 D, 65 D, 66 D, 67 D, 68 D, 69 D, 70 D, 71 D',
  R003: '1 S, 2 S, 3 S, 4 S, 5 IP, 6 S, 7 S, 8 S, 9 S, 10 S, 11 S, 12 I, 13 P, 14 P, 15 D',
  R004: '1 S, 2 S, 3 S, 4 S, 5 S, 6 S, 7 S, 8 S, 9 S, 10 S, 11 S, 20 D, 21 D, 22 D, 30 D, 31 D, 32 D, 33 D, 34 D, 35 D, 40 D, 41 D, 42 D, 43 D, 44 DI, 50 D, 51 D, 52 D, 53 D, 54 D, 55 D, 60 D, 61 DP, 62 D, 63 D, 64 D, 65 D, 66 D, 70 D, 71 P'
}

/** Number → marks. */
export const REQUIREMENTS: ReadonlyMap<string, string> = new Map(
  Object.entries(SHEET).flatMap(([document, list]) =>
    list.split(', ').map(each => {
      const [number = '', marks = ''] = each.split(' ')
      return [`${document}-${number}`, marks] as const
    })
  )
)
