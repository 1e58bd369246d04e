// Builds the message format of Discord's webhooks. Pure.
import type { CallbackBody } from '../contract/callbacks.js';
import type { Language } from '../contract/states.js';
import { catalogOf } from '../contract/texts.js';

const HOSTS = ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com'];

export function isDiscordWebhook(url: string): boolean {
  const { hostname, pathname } = new URL(url);
  return HOSTS.includes(hostname) && /^\/api(\/v\d+)?\/webhooks\//.test(pathname);
}

const GREEN = 0x2e_a0_43;
const RED = 0xd7_3a_49;
const GREY = 0x6e_77_81;
const BLUE = 0x09_69_da;

export interface DiscordMessage {
  embeds: {
    title: string;
    description: string;
    color: number;
    timestamp: string;
    fields: { name: string; value: string; inline: true }[];
    footer: { text: string };
  }[];
  /** Prevents mentions by the name of an app. */
  allowed_mentions: { parse: [] };
}

export function discordMessage(body: CallbackBody, language: Language): DiscordMessage {
  const { chat_events: events, chat_fields: fields } = catalogOf(language);
  const step = language === 'en' ? (body.current_step_en ?? body.current_step) : body.current_step;
  const what = events[body.event_type];
  const rows = [
    { name: fields.status, value: body.status },
    { name: fields.progress, value: `${body.progress_percentage} %` },
    ...(body.mode === null ? [] : [{ name: fields.mode, value: body.mode }]),
  ];
  return {
    embeds: [
      {
        title: `${body.service ?? body.deployment_id}: ${body.event_type === 'ended' ? body.status : what}`.slice(
          0,
          256,
        ),
        description: [step, body.error_message]
          .filter((text) => text !== undefined && text !== '')
          .join('\n')
          .slice(0, 4096),
        color: colourOf(body),
        timestamp: body.timestamp,
        fields: rows.map((row) => ({ ...row, inline: true })),
        footer: { text: body.deployment_id },
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

function colourOf({ status }: CallbackBody): number {
  if (status === 'completed') return GREEN;
  if (status === 'failed') return RED;
  return status === 'cancelled' ? GREY : BLUE;
}
