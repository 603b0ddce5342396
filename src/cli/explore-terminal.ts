/**
 * What the terminal of the explorer can do: colours, signs, and whether a full screen is possible at all.
 *
 * Source: no-color.org; force-color.org; rxvt and others, the variable COLORFGBG.
 */
import { ASCII, UNICODE, type Glyphs } from '../tui/frame/glyphs.js'
import { THEMES, type Theme, type ThemeName } from '../tui/frame/theme.js'

type Env = Readonly<Record<string, string | undefined>>

/** Why there is no full screen, as a clause; undefined where there is one. */
export function whyNoScreen(isTTY: boolean, env: Env): string | undefined {
  if (!isTTY) return 'the output is no terminal'
  return env['TERM'] === 'dumb' ? 'the terminal is a dumb one' : undefined
}

export function themeFor(wanted: ThemeName | 'auto', hasColor: boolean, env: Env): Theme {
  if (!hasColor) return THEMES.mono
  if (wanted !== 'auto') return THEMES[wanted]
  const { NO_COLOR: none, FORCE_COLOR: force, TERM: term = '', COLORTERM: colors = '' } = env
  const isForced = force !== undefined && force !== '0' && force !== 'false'
  if (force !== undefined && !isForced) return THEMES.mono
  if (!isForced && none !== undefined && none !== '') return THEMES.mono
  if (!term.includes('256') && colors === '') return THEMES.basic
  return isLight(env['COLORFGBG']) ? THEMES.light : THEMES.dark
}

/** `15;0`: the last number is the colour of the background, of which 7 and those from 9 on are light. */
function isLight(colors: string | undefined): boolean {
  const background = Number(colors?.split(';').at(-1) ?? NaN)
  return background === 7 || background > 8
}

export function glyphsFor({ LC_ALL: all, LC_CTYPE: type, LANG: lang }: Env): Glyphs {
  const locale = [all, type, lang].find((each) => each !== undefined && each !== '')
  // Nothing said: most terminals take UTF-8 by now.
  return locale === undefined || /utf-?8/i.test(locale) ? UNICODE : ASCII
}
