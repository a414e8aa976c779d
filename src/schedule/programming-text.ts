// The programming of a schedule and its last run as operators read them, in the words of document 004, in three languages.
import type { BatchStatus } from '../batch/batch-status.ts'
import { type DayRule, type LastRun, WEEKDAYS, type When } from '../batch/job-schedule.ts'
import { DateTime } from 'luxon'

export interface Texts {
  readonly fr: string
  readonly en: string
  readonly ko: string
}

const NAMES = {
  fr: ['lun', 'mar', 'mer', 'jeu', 'ven', 'sam', 'dim'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
  ko: ['월', '화', '수', '목', '금', '토', '일']
} as const

const MONTHS = {
  fr: [
    'janvier',
    'février',
    'mars',
    'avril',
    'mai',
    'juin',
    'juillet',
    'août',
    'septembre',
    'octobre',
    'novembre',
    'décembre'
  ],
  en: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December'
  ]
} as const

export function programmingText(when: When): Texts {
  if ('cron' in when) return same(`cron ${when.cron}`)
  if ('rrule' in when) return same(`RRULE ${when.rrule}`)
  const days = daysText(when.rule)
  const time = timeText(when.rule)
  return { fr: `${days.fr} ${time.fr}`, en: `${days.en} ${time.en}`, ko: `${days.ko} ${time.ko}` }
}

function same(text: string): Texts {
  return { fr: text, en: text, ko: text }
}

function daysText({ weekdays, day = null, month = null, year = null }: DayRule): Texts {
  if (day === null)
    return weekdaysText(WEEKDAYS.flatMap((name, at) => (weekdays?.includes(name) === true ? [at] : [])))
  if (month === null)
    return { fr: `Le ${day} de chaque mois`, en: `On day ${day} of every month`, ko: `매월 ${day}일` }
  if (year === null)
    return {
      fr: `Le ${day} ${MONTHS.fr[month - 1]} tous les ans`,
      en: `Every year on ${day} ${MONTHS.en[month - 1]}`,
      ko: `매년 ${month}월 ${day}일`
    }
  return {
    fr: `Le ${two(day)}/${two(month)}/${year}`,
    en: `On ${day} ${MONTHS.en[month - 1]} ${year}`,
    ko: `${year}년 ${month}월 ${day}일`
  }
}

function weekdaysText(days: readonly number[]): Texts {
  if (days.length === 0) return { fr: 'Aucun jour', en: 'No day', ko: '요일 없음' }
  if (days.length === WEEKDAYS.length) return { fr: 'Tous les jours', en: 'Every day', ko: '매일' }
  const names = (language: keyof typeof NAMES) => days.map(day => NAMES[language][day]).join(', ')
  return { fr: `Tous les ${names('fr')}`, en: `Every ${names('en')}`, ko: `매주 ${names('ko')}` }
}

function timeText({ at = null, everyMinutes = null }: DayRule): Texts {
  if (everyMinutes !== null)
    return {
      fr: `toutes les ${everyMinutes}min`,
      en: `every ${everyMinutes}min`,
      ko: `${everyMinutes}분마다`
    }
  return { fr: `à ${(at ?? '').replace(':', 'h')}`, en: `at ${at}`, ko: `${at}` }
}

/** Document 004's states of a run. */
const STATES: Record<BatchStatus, 'RUNNING' | 'FINISH' | 'ERROR' | 'INTERRUPT'> = {
  STARTING: 'RUNNING',
  STARTED: 'RUNNING',
  STOPPING: 'RUNNING',
  COMPLETED: 'FINISH',
  FAILED: 'ERROR',
  STOPPED: 'INTERRUPT',
  ABANDONED: 'INTERRUPT'
}

/** State, start, end and duration, as far as there are any; on the wall of the time zone. */
export function lastRunText({ batchStatus, startTime, endTime }: LastRun, timeZone: string): Texts {
  const state = STATES[batchStatus]
  const time = (date: Date) => DateTime.fromJSDate(date, { zone: timeZone }).toFormat('dd/MM/yyyy HH:mm:ss')
  const parts = (start: string, end: string, duration: (minutes: string, seconds: string) => string) => {
    const said: string[] = [state]
    if (startTime !== null) said.push(`${start} : ${time(startTime)}`)
    if (state !== 'RUNNING' && endTime !== null) said.push(`${end} : ${time(endTime)}`)
    if (state !== 'RUNNING' && startTime !== null && endTime !== null) {
      const seconds = secondsOf(endTime) - secondsOf(startTime)
      said.push(duration(two(Math.floor(seconds / 60)), two(seconds % 60)))
    }
    return said.join(' - ')
  }
  return {
    fr: parts('Deb', 'Fin', (minutes, seconds) => `Durée : ${minutes}min ${seconds}sec`),
    en: parts('Start', 'End', (minutes, seconds) => `Duration : ${minutes}min ${seconds}sec`),
    ko: parts('시작', '종료', (minutes, seconds) => `소요 : ${minutes}분 ${seconds}초`)
  }
}

/** Whole ones, as they are shown, so that what is shown adds up. */
function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
