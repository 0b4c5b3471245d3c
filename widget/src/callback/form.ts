/** What a callback is asked for with; loaded when it is to be seen. */
export { CALL_TEXT } from '../shared/errors.call';
export { CallForm } from './CallForm';
export { CallTab } from './CallTab';
export { default as css } from './call.css?inline';
export { PhoneField } from './PhoneField';
export { startCountry } from './phone';
