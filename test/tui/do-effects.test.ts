/** What is done outside for a view: the editor, and what is said when it does not work. */
import { describe, expect, test } from 'vitest'
import { editEffect } from '../../src/tui/terminal/do-effects.js'

const edit = (EDITOR: string): ReturnType<typeof editEffect> =>
  editEffect(
    { kind: 'edit', tag: 'policy', name: 'key-policy.json', text: '{}' },
    { EDITOR, PATH: process.env['PATH'] },
  )

describe('an editor', () => {
  test('that leaves the text as it was', () =>
    expect(edit('true')).toEqual({ kind: 'edited', tag: 'policy', text: '{}' }))

  test.each([
    ['exit 3;', 'the editor exit 3; ended with 3; nothing is changed'],
    ['no-such-editor', 'there is no editor no-such-editor; VISUAL or EDITOR names one'],
    ['/', 'the editor / cannot be started; VISUAL or EDITOR names one'],
    ['rm', 'the editor rm left no file; nothing is changed'],
  ])('%s', (editor, message) => expect(edit(editor)).toEqual({ kind: 'failed', tag: 'policy', message }))
})
