/** Surveys: filled in with the contract of server/contracts/surveys.schema.json. */
import type { VNode } from 'preact';
import type { Session } from '../main';
import css from './survey.css?inline';

export const mount = (_session: Session) => ({
  show: async (_surveyId: string, _impressionId?: string) => {},
});

export const inlineSurvey = async (
  _session: Session,
  _surveyId: string,
): Promise<[() => VNode | null, string]> => [() => null, css];
