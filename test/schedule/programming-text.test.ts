// The words in which operators read the programming of a schedule and its last run, to the letter.
import t from 'tap'
import type { BatchStatus } from '../../src/batch/batch-status.ts'
import type { When } from '../../src/batch/job-schedule.ts'
import { lastRunText, programmingText } from '../../src/schedule/programming-text.ts'

const rule = (more: object): When => ({ rule: more })
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

t.test('R004-3 R004-66 the programming in French, English and Korean', async t => {
  const cases: readonly [When, string, string, string][] = [
    [rule({ at: '22:55' }), 'Aucun jour à 22h55', 'No day at 22:55', '요일 없음 22:55'],
    [
      rule({ weekdays: [], at: '22:55', month: 3, year: 2026 }),
      'Aucun jour à 22h55',
      'No day at 22:55',
      '요일 없음 22:55'
    ],
    [
      rule({ weekdays: ['fri', 'mon', 'tue', 'wed', 'thu'], at: '03:50' }),
      'Tous les lun, mar, mer, jeu, ven à 03h50',
      'Every Mon, Tue, Wed, Thu, Fri at 03:50',
      '매주 월, 화, 수, 목, 금 03:50'
    ],
    [rule({ weekdays: WEEK, at: '22:30' }), 'Tous les jours à 22h30', 'Every day at 22:30', '매일 22:30'],
    [
      rule({ weekdays: ['mon', 'tue'], everyMinutes: 5 }),
      'Tous les lun, mar toutes les 5min',
      'Every Mon, Tue every 5min',
      '매주 월, 화 5분마다'
    ],
    [
      rule({ day: 3, weekdays: ['mon'], at: '22:55' }),
      'Le 3 de chaque mois à 22h55',
      'On day 3 of every month at 22:55',
      '매월 3일 22:55'
    ],
    [
      rule({ day: 3, year: 2030, at: '22:55' }),
      'Le 3 de chaque mois à 22h55',
      'On day 3 of every month at 22:55',
      '매월 3일 22:55'
    ],
    [
      rule({ day: 14, month: 7, at: '00:00' }),
      'Le 14 juillet tous les ans à 00h00',
      'Every year on 14 July at 00:00',
      '매년 7월 14일 00:00'
    ],
    [
      rule({ day: 1, month: 2, at: '09:05' }),
      'Le 1 février tous les ans à 09h05',
      'Every year on 1 February at 09:05',
      '매년 2월 1일 09:05'
    ],
    [
      rule({ day: 24, month: 12, year: 2026, at: '22:55' }),
      'Le 24/12/2026 à 22h55',
      'On 24 December 2026 at 22:55',
      '2026년 12월 24일 22:55'
    ],
    [
      rule({ day: 3, month: 2, year: 2027, everyMinutes: 15 }),
      'Le 03/02/2027 toutes les 15min',
      'On 3 February 2027 every 15min',
      '2027년 2월 3일 15분마다'
    ],
    [{ cron: '30 2 * * mon-fri' }, 'cron 30 2 * * mon-fri', 'cron 30 2 * * mon-fri', 'cron 30 2 * * mon-fri']
  ]
  for (const [when, fr, en, ko] of cases) t.same(programmingText(when), { fr, en, ko })
})

t.test(
  'R004-4 R004-21 R004-50 the last run: its state, start, end and duration on the wall of the place',
  async t => {
    const startTime = new Date('2015-10-15T01:53:35.900Z')
    const endTime = new Date('2015-10-15T01:53:53.100Z')
    const run = { instanceId: 1, batchStatus: 'COMPLETED' as BatchStatus, startTime, endTime }
    t.same(lastRunText(run, 'Europe/Paris'), {
      fr: 'FINISH - Deb : 15/10/2015 03:53:35 - Fin : 15/10/2015 03:53:53 - Durée : 00min 18sec',
      en: 'FINISH - Start : 15/10/2015 03:53:35 - End : 15/10/2015 03:53:53 - Duration : 00min 18sec',
      ko: 'FINISH - 시작 : 15/10/2015 03:53:35 - 종료 : 15/10/2015 03:53:53 - 소요 : 00분 18초'
    })
    const states: Record<BatchStatus, string> = {
      STARTING: 'RUNNING',
      STARTED: 'RUNNING',
      STOPPING: 'RUNNING',
      COMPLETED: 'FINISH',
      FAILED: 'ERROR',
      STOPPED: 'INTERRUPT',
      ABANDONED: 'INTERRUPT'
    }
    for (const [batchStatus, word] of Object.entries(states))
      t.ok(
        lastRunText({ ...run, batchStatus: batchStatus as BatchStatus }, 'UTC').fr.startsWith(
          `${word} - Deb : 15/10/2015 01:53:35`
        )
      )
    t.equal(
      lastRunText({ ...run, batchStatus: 'STARTED', endTime: null }, 'Asia/Seoul').fr,
      'RUNNING - Deb : 15/10/2015 10:53:35'
    )
    t.equal(
      lastRunText({ ...run, batchStatus: 'STARTING', startTime: null, endTime: null }, 'UTC').fr,
      'RUNNING'
    )
    const long = { ...run, endTime: new Date('2015-10-15T03:58:04.900Z') }
    t.match(lastRunText(long, 'UTC').fr, /Durée : 124min 29sec$/)
  }
)
