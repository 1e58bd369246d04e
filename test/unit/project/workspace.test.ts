import { expect, it } from '@jest/globals';
import { membersOf } from '../../../src/activities/project/workspace.js';

it.each<[boolean, string, string[], string[]]>([
  [true, 'packages/shared', ['packages/*'], []],
  [true, 'services/bot', ['packages/*', './services/*/'], []],
  [true, 'bot', ['bot'], []],
  [true, 'a/b/c', ['a/**'], []],
  [true, 'apps/x-bot', ['apps/[xy]-*'], []],
  [false, 'packages/shared/tests', ['packages/*'], []],
  [false, 'nested/bot', ['bot'], []],
  [false, 'packages/old', ['packages/*'], ['packages/old']],
  [false, 'packages/old', [], []],
])(
  'workspace membership is %s for the folder %s with the members %j and the excluded folders %j',
  (isOne, folder, members, exclude) => {
    expect(membersOf({ members, exclude }, [folder, 'elsewhere'])).toEqual(isOne ? [folder] : []);
  },
);
