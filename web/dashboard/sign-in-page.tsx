import { Door, DoorField } from './door.js';

/** Asks for name and password, or sends to the provider of single sign-on. */
export function SignInPage() {
  return (
    <Door
      title="Sign in"
      action="sign-in"
      about="Lost your password? An administrator can make a one-time link for you."
      button="Sign in"
      after={
        <>
          {'{{#oidc}}'}
          <p class="or muted">or</p>
          <a class="button" href="{{root}}/sign-in/oidc?to={{toQuery}}">
            Sign in with {'{{oidc}}'}
          </a>
          {'{{/oidc}}'}
        </>
      }
    >
      <input type="hidden" name="to" value="{{to}}" />
      <DoorField
        name="name"
        label="Name or e-mail"
        input={{ autoComplete: 'username', value: '{{name}}', autoFocus: true }}
      />
      <DoorField
        name="password"
        label="Password"
        input={{ type: 'password', autoComplete: 'current-password' }}
      />
    </Door>
  );
}

/** Makes the first administrator. */
export function SetUpPage() {
  return (
    <Door
      title="Set up"
      action="setup"
      about="The first account is the administrator's. The code stands in the line that the platform printed when it started."
      button="Create the administrator"
    >
      <DoorField
        name="code"
        label="Set-up code"
        input={{ autoComplete: 'off', value: '{{code}}', autoFocus: true }}
      />
      <DoorField name="name" label="Your name" input={{ autoComplete: 'username', value: '{{name}}' }} />
      <DoorField
        name="password"
        label="Password"
        hint="10 characters or more."
        input={{ type: 'password', autoComplete: 'new-password', minLength: 10 }}
      />
    </Door>
  );
}

/** Takes a one-time link. */
export function LinkPage() {
  return (
    <Door
      title="One-time link"
      action="link"
      about="Signs you in once. Then choose a password under 'Your account'."
      button="Sign in"
    >
      <DoorField name="code" label="Code" input={{ autoComplete: 'off', autoFocus: true }} />
    </Door>
  );
}
