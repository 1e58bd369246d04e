import type { ParserPort } from '../../src/activities/ports/parser/parser-port.js';
import { PARSERS, type ParserInput, type ParserName, type ParserOutput } from '../../src/activities/project/parsers.js';

/** Runs the parsers in this process, for tests of what stands around them. What passes is copied, as on the way to a child. */
export const inlineParser: ParserPort = {
  warm: () => undefined,
  parse<N extends ParserName>(name: N, input: ParserInput<N>): Promise<ParserOutput<N>> {
    const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
    const parse = PARSERS[name] as (input: ParserInput<N>) => ParserOutput<N>;
    return Promise.resolve().then(() => copy(parse(copy(input))));
  },
};
